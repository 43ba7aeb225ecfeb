/** % is any text, _ any one character; both can be escaped by a backslash. */
export function likePattern(pattern: string): RegExp {
  const parts = pattern.match(/\\[%_]|[\s\S]/g) ?? []
  const source = parts.map(part => {
    if (part === '%') return '.*'
    if (part === '_') return '.'
    const literal = part === '\\%' || part === '\\_' ? part.slice(1) : part
    return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  })
  return new RegExp(`^${source.join('')}$`)
}
