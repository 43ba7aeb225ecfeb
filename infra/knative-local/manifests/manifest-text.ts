// The bytes of a file as the text that kubectl takes them for, and where its YAML differs from the specification.
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

/** JSON objects in a row, which kubectl reads one after the other, as documents of YAML; each keeps its line where it starts a line. */
export function separateJsonObjects(text: string): string {
  if (!/^\s*\{(?!\{)/.test(text)) return text
  let result = ''
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]|[^"{}]+|"/gs)) {
    if (token === '{' && depth++ === 0 && result.trim() !== '') result += result.endsWith('\n') ? '--- ' : '\n--- '
    if (token === '}') depth--
    if (depth === 0 && token !== '}' && token.trim() !== '') return text
    result += token
  }
  return result
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
