/** As `engines` of package.json: what its packages ask for. An older one lacks node:sqlite, or runs no TypeScript. */
export const oldestNode = '22.22'

export function refusalOfNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
  return `knative-local needs Node ${oldestNode} or newer, and this is ${version}. https://nodejs.org has it.`
}
