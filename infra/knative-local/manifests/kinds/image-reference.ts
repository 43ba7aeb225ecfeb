// Image names as Knative's webhook parses them.
// https://github.com/google/go-containerregistry/tree/v0.20.3/pkg/name

export function imageProblem(image: string): string | undefined {
  const wrong = (why: string) => `"${image}" is not an image reference: ${why}`
  const [beforeDigest = '', digest, ...more] = image.split('@')
  if (more.length > 0) return wrong('it holds two @')
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    return wrong('a digest is sha256: and 64 hexadecimal digits')

  const lastSlash = beforeDigest.lastIndexOf('/')
  const colon = beforeDigest.lastIndexOf(':')
  const hasTag = colon > lastSlash
  const tag = hasTag ? beforeDigest.slice(colon + 1) : undefined
  if (tag !== undefined && !/^[\w.-]{1,128}$/.test(tag)) return wrong(`"${tag}" is not a tag`)

  const name = hasTag ? beforeDigest.slice(0, colon) : beforeDigest
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const hasRegistry = /[.:]/.test(first)
  if (hasRegistry && !/^([\w.-]+|\[[\da-f:]+\])?(:\d*)?$/i.test(first)) return wrong(`"${first}" is not a registry`)
  const repository = hasRegistry ? name.slice(slash + 1) : name
  if (!/^[a-z0-9_./-]*$/.test(repository)) return wrong('the name holds lower case letters, digits and _ - . / only')
  if (repository.length < 2 || repository.length > 255)
    return wrong(`the name "${repository}" must have 2 to 255 characters`)
  return undefined
}
