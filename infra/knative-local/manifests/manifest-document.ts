// One YAML document with the line of everything in it.
//
// kubectl reads YAML 1.1: an unquoted `yes` or `on` is a boolean, so that a value refused by the cluster is refused here too.
// It differs from the 1.1 specification in two places, which are left out below: `1:30` and `2026-01-01` stay text. Kustomize
// reads them as YAML 1.2 does, so that an unquoted `yes` in what it builds is text.
import { called } from '../called.ts'
import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node
} from 'yaml'
import type { Origin } from './plan.ts'
import { isRecord } from './is-record.ts'
import { indentContinuation, separateJsonObjects } from './manifest-text.ts'
import type { Problem } from './problem.ts'

/** A path in a document: `['spec', 'topics', 0]`. */
export type Path = readonly PropertyKey[]

export interface ManifestDocument {
  readonly value: unknown
  /** The line of what stands at the path, or of the nearest thing above it that is written. */
  locate(path: Path): Origin
  /** How a single value is written, without quotes: `yes` of a boolean. */
  sourceOf?(path: Path): string | undefined
}

export function parseManifest(
  file: string,
  text: string,
  options: { readonly forKustomize?: boolean } = {}
): { documents: ManifestDocument[]; problems: Problem[] } {
  const { parsed, lines, repaired } = parseAll(separateJsonObjects(text), options.forKustomize === true)
  const problems: Problem[] = []
  const documents: ManifestDocument[] = []
  const refuse = (line: number, message: string) =>
    void problems.push({ level: 'error', origin: { file, line }, path: '', message })
  for (const document of parsed) {
    for (const error of document.errors) {
      const { line } = lines.linePos(error.pos[0])
      refuse(line, `this is not valid YAML: ${error.message}`)
    }
    const wrong = document.errors.length > 0 ? undefined : (missingAnchor(document) ?? tabAtStart(document, repaired))
    if (wrong !== undefined) refuse(lines.linePos(wrong.at).line, `this is not valid YAML: ${wrong.message}`)
    if (wrong !== undefined || document.errors.length > 0) continue
    try {
      documents.push(manifestDocument(file, document, lines))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      refuse(lines.linePos(document.range[0]).line, `this is not valid YAML: ${message}`)
    }
  }
  const template = templateLine(text, parsed)
  if (template !== undefined) return { documents: [], problems: [templateProblem(file, template)] }
  return { documents, problems }
}

/** A text that kubectl's parser takes may need more indentation here; each round mends one place. */
const maxRepairs = 100

function parseAll(
  text: string,
  forKustomize: boolean
): {
  parsed: Document.Parsed[]
  lines: LineCounter
  repaired: string
} {
  let repaired = text
  for (let round = 0; ; round++) {
    const lines = new LineCounter()
    const found = parseAllDocuments(repaired, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      intAsBigInt: true,
      version: '1.1',
      customTags: tags => [
        ...tags.filter(
          tag =>
            typeof tag === 'string' ||
            (tag.tag !== 'tag:yaml.org,2002:timestamp' &&
              tag.format !== 'TIME' &&
              !(forKustomize && tag.tag === 'tag:yaml.org,2002:bool'))
        ),
        ...(forKustomize ? ['bool' as const] : [])
      ]
    })
    const parsed = Array.isArray(found) ? found : []
    const start = round < maxRepairs ? shallowFlow(parsed) : undefined
    const next = start === undefined ? undefined : indentContinuation(repaired, start)
    if (next === undefined) return { parsed, lines, repaired }
    repaired = next
  }
}

/** Where the first quoted text or bracket starts that seems not to be indented enough. */
function shallowFlow(parsed: readonly Document.Parsed[]): number | undefined {
  for (const document of parsed) {
    const error = document.errors.find(
      ({ code, message }) => (code === 'MISSING_CHAR' && message.includes('quote')) || code === 'BAD_INDENT'
    )
    if (error === undefined) continue
    let start: number | undefined
    visit(document, (_, node) => {
      if (!isNode(node) || !node.range || node.range[0] > error.pos[0] || node.range[2] < error.pos[0]) return
      const isFlow = isCollection(node) ? node.flow === true : isScalar(node) && node.type?.startsWith('QUOTE') === true
      if (isFlow) start ??= node.range[0]
    })
    if (start !== undefined) return start
  }
  return undefined
}

interface Wrong {
  readonly at: number
  readonly message: string
}

function missingAnchor(document: Document.Parsed): Wrong | undefined {
  let wrong: Wrong | undefined
  const anchors = new Set<string>()
  visit(document, (_, node) => {
    if (isAlias(node) && !anchors.has(node.source))
      wrong ??= {
        at: node.range?.[0] ?? 0,
        message: `*${node.source} names no anchor: there is no &${node.source} above`
      }
    else if (isNode(node) && !isAlias(node) && node.anchor !== undefined) anchors.add(node.anchor)
  })
  return wrong
}

/** kubectl's parser takes no tab in front of what a line holds, except inside a text, in brackets, and on the way to the end of a plain text. */
function tabAtStart(document: Document.Parsed, text: string): Wrong | undefined {
  const inside: (readonly [number, number])[] = []
  const plainEnds: number[] = []
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (range && type === 'PLAIN') plainEnds.push(range[1])
      else if (range) inside.push([range[0], range[1]])
    },
    Collection: (_, { flow, range }) => {
      if (flow === true && range) inside.push([range[0], range[1]])
    }
  })
  const [from, , to] = document.range
  for (const match of text.slice(from, to).matchAll(/^( *)\t/gm)) {
    const at = from + match.index
    if (inside.some(([start, end]) => start <= at && at < end)) continue
    if (match[1] !== '' && plainEnds.some(end => end <= at && text.slice(end, at).trim() === '')) continue
    return { at, message: 'a tab at the start of a line; kubectl refuses it. Use spaces, or leave the line empty' }
  }
  return undefined
}

/** The line of a `{{ ... }}` that keeps the file from being YAML, or makes a key of it. */
function templateLine(text: string, parsed: readonly Document.Parsed[]): number | undefined {
  const hasKey = parsed.some(document => {
    let found = false
    visit(document, {
      Pair: (_, { key }) => {
        if (isMap(key)) found = true
      }
    })
    return found
  })
  if (!hasKey && parsed.every(({ errors }) => errors.length === 0)) return undefined
  const line = text.split('\n').findIndex(candidate => /\{\{.*\}\}/.test(candidate))
  return line === -1 ? undefined : line + 1
}

/** One line for the whole file, in place of what each value in braces would be blamed for. */
export function templateProblem(file: string, line: number): Problem {
  const message = `this is a template, not YAML: {{ ... }} has still to be filled in. Run what fills it, for a Helm chart helm template, and read what it prints: helm template DIR | ${called('check -f -')}`
  return { level: 'error', origin: { file, line }, path: '', message }
}

function manifestDocument(file: string, document: Document.Parsed, lines: LineCounter): ManifestDocument {
  const lineOf = (node: unknown): number | undefined =>
    isNode(node) && node.range ? lines.linePos(node.range[0]).line : undefined
  return {
    value: withoutBigInts(document.toJS({ maxAliasCount: 100 })),
    locate(path) {
      let node: Node | null | undefined = document.contents
      let line = lineOf(node) ?? 1
      for (const step of path) {
        if (isAlias(node)) node = node.resolve(document)
        let child: unknown
        let at: unknown
        if (isMap(node)) {
          const pair = node.items.find(
            item => isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === String(step)
          )
          child = pair?.value
          at = pair?.key
        } else if (isSeq(node) && typeof step === 'number') {
          child = node.items[step]
          at = child
        }
        if (at === undefined) break
        line = lineOf(at) ?? line
        node = isNode(child) ? child : undefined
      }
      return { file, line }
    },
    sourceOf(path) {
      const node = document.getIn(path, true)
      return isScalar(node) ? node.source : undefined
    }
  }
}

/** Whole numbers beyond 2^53, such as a retention of 2^63-1 ms, keep every digit as text. */
function withoutBigInts(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (Array.isArray(value)) return value.map(withoutBigInts)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withoutBigInts(field)]))
}
