// What java.net.URI accepts, which decides whether a record's `source` or `dataschema` makes it a CloudEvent or not.
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/URI.html

// Letters, digits, marks and punctuation that need no escape, plus every character that is neither ASCII, a control nor a space.
const legal = /^(?:[\w\-.!~*'();/?:@&=+$,[\]#]|%[0-9a-f]{2}|[^\p{ASCII}\p{Cc}\p{Z}])*$/iu
const scheme = /^[a-z][a-z0-9+\-.]*$/i

export function isUri(text: string): boolean {
  if (!legal.test(text)) return false
  const hash = text.indexOf('#')
  if (hash !== -1 && text.includes('#', hash + 1)) return false
  const beforeFragment = hash === -1 ? text : text.slice(0, hash)

  const schemeEnd = beforeFragment.search(/[:/?]/)
  let hierarchical = beforeFragment
  if (schemeEnd !== -1 && beforeFragment[schemeEnd] === ':') {
    if (!scheme.test(beforeFragment.slice(0, schemeEnd))) return false
    hierarchical = beforeFragment.slice(schemeEnd + 1)
    if (hierarchical === '') return false
    if (!hierarchical.startsWith('/')) return true // opaque, such as urn:uuid:…
  }
  const path = hierarchical.split('?', 1)[0] ?? ''
  if (!path.startsWith('//')) return !/[[\]]/.test(path)
  const authority = path.slice(2).split('/', 1)[0] ?? ''
  if (authority === '' && path === '//') return false
  return !/[[\]]/.test(path.slice(2 + authority.length))
}
