// A file as the documents that kubectl takes it apart into.
//
// kubectl splits at the lines that start with `---` before any YAML is read, and takes the first document of each part: what follows a
// line `...` up to the next `---` is never read. A file whose first sign is `{` is JSON objects in a row, or else YAML.
// https://github.com/kubernetes/apimachinery/blob/v0.36.0/pkg/util/yaml/decoder.go (YAMLReader, YAMLOrJSONDecoder)

export interface DocumentText {
  readonly text: string
  /** How many lines of the file stand before it. */
  readonly lines: number
  readonly isJson: boolean
}

export interface SplitText {
  readonly texts: readonly DocumentText[]
  /** What ends the reading; its line is one of the file, from 1. */
  readonly problem?: { readonly line: number; readonly message: string }
}

/** `startsWithJson`: of a file that kubectl reads; kustomize reads YAML alone. */
export function splitDocuments(file: string, startsWithJson: boolean): SplitText {
  if (!startsWithJson || !/^\s*\{/.test(file)) return splitYaml(file, 0)
  const texts: DocumentText[] = []
  let start = 0
  let lines = 0
  for (let end = endOfObject(file, start); end !== undefined; end = endOfObject(file, start)) {
    const text = file.slice(start, end)
    if (!isJson(text)) break
    texts.push({ text, lines, isJson: true })
    lines += text.split('\n').length - 1
    start = end
  }
  const rest = file.slice(start)
  if (rest.trim() === '') return { texts }
  // After two objects there is no doubt that this is meant to be JSON.
  if (texts.length > 1) {
    const line = lines + 1 + (/^\s*/.exec(rest)?.[0].split('\n').length ?? 1) - 1
    return { texts, problem: { line, message: 'this is not valid JSON, which the objects in front of it are' } }
  }
  const { texts: others, ...problem } = splitYaml(rest, lines)
  return { texts: [...texts, ...others], ...problem }
}

function splitYaml(file: string, linesBefore: number): SplitText {
  const mark = /^\uFEFF?(?:---(.*)|%(?:YAML|TAG) .*)$/gm
  const texts: DocumentText[] = []
  let start = 0
  let lines = linesBefore
  const take = (end: number) => {
    const text = file.slice(start, end)
    // Each document may start with the mark of a byte order.
    if (/[^ \r\n]/.test(text)) texts.push({ text: text.replace(/^\uFEFF/, ''), lines, isJson: false })
    lines += text.split('\n').length - 1
    start = end
  }
  for (const match of file.matchAll(mark)) {
    const [line, behind] = match
    const isDirective = behind === undefined
    if (isDirective && !isBlank(file.slice(start, match.index))) continue
    take(match.index)
    if (isDirective) {
      const message = `this is not valid YAML: kubectl takes no directive, ${line.trim()}. Remove the line`
      return { texts, problem: { line: lines + 1, message } }
    }
    if (!/^\s*(?:#|$)/.test(behind)) {
      const message = `this is not valid YAML: "${line.trim()}" starts with ---, which ends a document: kubectl allows nothing but a comment behind it. Put the rest on the next line`
      return { texts, problem: { line: lines + 1, message } }
    }
    start += line.length
  }
  take(file.length)
  return { texts }
}

/** Nothing but comments. */
function isBlank(text: string): boolean {
  return text.split('\n').every(line => /^\s*(?:#|$)/.test(line))
}

function endOfObject(file: string, start: number): number | undefined {
  const token = /"(?:[^"\\]|\\.)*"|[{}]|[^"{}]+|"/gs
  token.lastIndex = start
  let depth = 0
  for (let match = token.exec(file); match !== null; match = token.exec(file)) {
    if (match[0] === '{') depth++
    else if (match[0] === '}') depth--
    else if (depth === 0 && match[0].trim() !== '') return undefined
    if (match[0] === '}' && depth <= 0) return token.lastIndex
  }
  return undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
