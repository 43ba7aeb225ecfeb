// The bytes of a file as the text that kubectl takes them for.
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'

/** How the standard input is named in messages. */
export const standardInput = 'standard input'
let input: Promise<string> | undefined

/** `-` is the standard input, which can be read once only. */
export async function readManifestText(path: string): Promise<string> {
  if (path === '-') return (input ??= readAll(process.stdin))
  return decodeManifest(await readFile(path))
}

/** UTF-8, or UTF-16 when a byte order mark says so. https://github.com/kubernetes/cli-runtime/blob/v0.32.0/pkg/resource/visitor.go (BOMOverride) */
export function decodeManifest(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

/** What kubectl's parser takes as a character. https://github.com/kubernetes-sigs/yaml/blob/v1.4.0/goyaml.v2/readerc.go */
const unreadable = /[^\t\n\r\x20-\x7E\x85\xA0-\uD7FF\uE000-\uFFFC\u{10000}-\u{10FFFF}]/u

/** The first character that keeps a text from being read at all; bytes that are not UTF-8 have become U+FFFD. */
export function unreadableCharacter(text: string): { line: number; message: string } | undefined {
  const found = unreadable.exec(text)
  if (found === null) return undefined
  const line = text.slice(0, found.index).split('\n').length
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  const what = code === 'FFFD' ? 'bytes that are not UTF-8' : `a control character, U+${code}`
  return { line, message: `this is not valid YAML: it holds ${what}. Save it as UTF-8 text` }
}

/**
 * Lines that continue a quoted text, a list or a map in brackets may be as shallow as the key in front of it: kubectl's parser
 * takes them, the specification does not. They are moved to the right, which changes nothing, until what starts at `start` has ended.
 */
export function indentContinuation(text: string, start: number): string | undefined {
  const end = endOfFlow(text, start)
  if (end === undefined) return undefined
  const column = start - (text.lastIndexOf('\n', start - 1) + 1)
  const inside = text.slice(start, end)
  if (!inside.includes('\n')) return undefined
  const moved = inside.replaceAll(/\n(?=[^\n])/g, `\n${' '.repeat(column + 1)}`)
  return moved === inside ? undefined : text.slice(0, start) + moved + text.slice(end)
}

function endOfFlow(text: string, start: number): number | undefined {
  const pattern = /'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[[\]{}]/gs
  pattern.lastIndex = start
  let depth = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [token] = match
    if (depth === 0 && match.index !== start) return undefined
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    if (depth === 0) return match.index + token.length
  }
  return undefined
}
