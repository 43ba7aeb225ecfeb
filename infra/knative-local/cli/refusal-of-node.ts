/** As `engines` of package.json. From 22.13 on node:sqlite needs no flag; from 22.18 on TypeScript runs as it is. */
export const oldestNode = '22.18'

export function refusalOfNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number)
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined
  return `knative-local needs Node ${oldestNode} or newer, and this is ${version}. https://nodejs.org has it.`
}
