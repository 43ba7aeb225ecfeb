// What java.net.URI accepts, which decides whether a record's `source` or `dataschema` makes it a CloudEvent or not.
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/URI.html
import { isIPv6 } from 'node:net'

// Looks for one character that does not belong, instead of matching all that do: a repeated group keeps a place to go back to for
// each character, and overflows at some megabytes.
// Legal are letters, digits, marks and punctuation that need no escape, and what is neither ASCII, a control nor a space.
const illegal = /[^\w\-.!~*'();/?:@&=+$,[\]#%\u0080-\u{10ffff}]|[\p{Cc}\p{Z}]|%(?![0-9a-f]{2})/iu
const notScheme = /^(?![a-z])|[^a-z0-9+\-.]/i
const withAddress = /^(?:[^@[\]]*@)?\[([^@[\]]*)\](?::\d*)?$/

export function isUri(text: string): boolean {
  if (illegal.test(text)) return false
  const hash = text.indexOf('#')
  if (hash !== -1 && text.includes('#', hash + 1)) return false
  const beforeFragment = hash === -1 ? text : text.slice(0, hash)

  const schemeEnd = beforeFragment.search(/[:/?]/)
  let hierarchical = beforeFragment
  if (schemeEnd !== -1 && beforeFragment[schemeEnd] === ':') {
    if (notScheme.test(beforeFragment.slice(0, schemeEnd))) return false
    hierarchical = beforeFragment.slice(schemeEnd + 1)
    if (hierarchical === '') return false
    if (!hierarchical.startsWith('/')) return true // opaque, such as urn:uuid:…
  }
  const path = hierarchical.split('?', 1)[0] ?? ''
  if (!path.startsWith('//')) return !/[[\]]/.test(path)
  const authority = path.slice(2).split('/', 1)[0] ?? ''
  if (authority === '' && path === '//') return false
  // Brackets belong around an IPv6 address and nowhere else.
  if (/[[\]]/.test(authority) && !isIPv6(withAddress.exec(authority)?.[1] ?? '')) return false
  return !/[[\]]/.test(path.slice(2 + authority.length))
}
