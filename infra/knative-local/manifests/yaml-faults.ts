// What kubectl's parser refuses, or takes otherwise, though the parser used here would not mind.
// https://github.com/kubernetes-sigs/yaml/blob/v1.4.0/goyaml.v2/scannerc.go
import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  visit,
  type Document,
  type Node,
  type YAMLMap
} from 'yaml'

export interface Fault {
  readonly level: 'error' | 'warning'
  /** An offset in the text. */
  readonly at: number
  readonly message: string
}

export interface Findings {
  readonly faults: readonly Fault[]
  /** An object in braces stands as a key, as in `{{ a }}`. */
  readonly hasObjectAsKey: boolean
}

export interface Rules {
  /** A key that stands twice is an error; without it the later one counts. */
  readonly keysAreUnique: boolean
  readonly isJson: boolean
}

export function findFaults(document: Document.Parsed, text: string, { keysAreUnique, isJson }: Rules): Findings {
  const faults: Fault[] = []
  const error = (node: Node, message: string) =>
    void faults.push({ level: 'error', at: node.range?.[0] ?? 0, message: `this is not valid YAML: ${message}` })
  const anchors = new Set<string>()
  const inside: (readonly [number, number])[] = []
  const plain: (readonly [number, number])[] = []
  let hasObjectAsKey = false

  visit(document, (_, node) => {
    if (isPair(node)) {
      if (isCollection(node.key)) {
        if (isMap(node.key)) hasObjectAsKey = true
        error(node.key, 'a list or an object cannot be a key')
      } else if (isScalar(node.key) && node.key.value === null)
        error(node.key, 'a key is missing in front of the colon')
      return
    }
    if (!isNode(node)) return
    if (isAlias(node)) {
      if (!anchors.has(node.source)) error(node, `*${node.source} names no anchor: there is no &${node.source} above`)
      return
    }
    if (node.anchor !== undefined) {
      anchors.add(node.anchor)
      if (!/^[\w-]+$/.test(node.anchor)) error(node, `&${node.anchor} holds more than letters, digits, - and _`)
    }
    const { range } = node
    if (isMap(node)) reportRepeatedKeys(node, faults, keysAreUnique)
    if (isCollection(node)) {
      if (node.flow === true && range) inside.push([range[0], range[1]])
    } else if (isScalar(node) && range) {
      if (node.type === 'PLAIN') plain.push([range[0], range[1]])
      else inside.push([range[0], range[1]])
      if (node.type === 'QUOTE_DOUBLE' && !isJson) {
        const escape = unknownEscape(text.slice(range[0], range[1]))
        if (escape !== undefined) error(node, `${escape} is an escape of JSON only`)
      }
      if (typeof node.value === 'number' && !Number.isFinite(node.value))
        error(node, `${node.source} is no number of JSON; write it in quotes`)
    }
  })
  const tab = tabAtStart(document, text, inside, plain)
  if (tab !== undefined) faults.push(tab)
  return { faults, hasObjectAsKey }
}

function reportRepeatedKeys(map: YAMLMap, faults: Fault[], keysAreUnique: boolean): void {
  const seen = new Set<string>()
  for (const { key } of map.items) {
    if (!isScalar(key) || !key.range) continue
    const name = String(key.value)
    if (seen.has(name) && name !== '<<') {
      faults.push(
        keysAreUnique
          ? { level: 'error', at: key.range[0], message: `this is not valid YAML: the key ${name} stands twice` }
          : {
              level: 'warning',
              at: key.range[0],
              message: `the key ${name} stands twice; kubectl takes the last. Remove one`
            }
      )
    }
    seen.add(name)
  }
}

/** `\/` and halves of a character beyond 16 bits are JSON's. */
function unknownEscape(quoted: string): string | undefined {
  for (const [escape] of quoted.matchAll(/\\(?:u[0-9a-fA-F]{4}|.)/gs))
    if (escape === '\\/' || /^\\u[dD][89a-fA-F]/.test(escape)) return escape
  return undefined
}

/** kubectl's parser takes no tab in front of what a line holds, except inside a text in quotes, in brackets, and on the way to the end of a plain text. */
function tabAtStart(
  { range: [from, , to] }: Document.Parsed,
  text: string,
  inside: readonly (readonly [number, number])[],
  plain: readonly (readonly [number, number])[]
): Fault | undefined {
  for (const match of text.slice(from, to).matchAll(/^(?: |[-?](?=[ \t]))*\t/gm)) {
    const at = from + match.index
    const tab = at + match[0].length - 1
    if (inside.some(([start, end]) => start <= tab && tab < end)) continue
    const isOnTheWay = plain.some(([start, end]) => start < tab && (tab < end || text.slice(end, tab).trim() === ''))
    if (match[0].length > 1 && isOnTheWay) continue
    const message = 'a tab at the start of a line; kubectl refuses it. Use spaces, or leave the line empty'
    return { level: 'error', at, message: `this is not valid YAML: ${message}` }
  }
  return undefined
}
