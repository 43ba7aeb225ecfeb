// One YAML document with the line of everything in it.
//
// kubectl reads YAML 1.1: an unquoted `yes` or `on` is a boolean, so that a value refused by the cluster is refused here too.
// Where it differs from the specification is in ./yaml-values.ts and ./yaml-faults.ts.
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
import { indentContinuation, unreadableCharacter } from './manifest-text.ts'
import type { Problem } from './problem.ts'
import { splitDocuments, type DocumentText } from './split-documents.ts'
import { templateInFile } from './templates.ts'
import { findFaults } from './yaml-faults.ts'
import { kubectlTags, kustomizeTags } from './yaml-values.ts'

/** A path in a document: `['spec', 'topics', 0]`. */
export type Path = readonly PropertyKey[]

export interface ManifestDocument {
  readonly value: unknown
  /** The line of what stands at the path, or of the nearest thing above it that is written. */
  locate(path: Path): Origin
  /** How a single value is written, without quotes: `yes` of a boolean. */
  sourceOf?(path: Path): string | undefined
}

/** Who reads the text: kubectl; or kustomize, objects and patches as YAML 1.2, a kustomization itself as YAML 1.1. */
export type Reader = 'kubectl' | 'kustomize' | 'kustomization'

/** What an API server takes at most, in bytes. https://github.com/kubernetes/kubernetes/blob/v1.32.0/staging/src/k8s.io/apiserver/pkg/server/config.go (MaxRequestBodyBytes) */
const maxDocumentSize = 3 * 2 ** 20

export function parseManifest(
  file: string,
  text: string,
  reader: Reader = 'kubectl'
): { documents: ManifestDocument[]; problems: Problem[] } {
  const problems: Problem[] = []
  const documents: ManifestDocument[] = []
  const report = (level: Problem['level'], line: number, message: string) =>
    void problems.push({ level, origin: { file, line }, path: '', message })

  const { texts, problem } = splitDocuments(text, reader === 'kubectl')
  let couldBeTemplate = problem !== undefined
  for (const one of texts) {
    if (one.text.length > maxDocumentSize) {
      report('error', one.lines + 1, 'this document is larger than 3 MiB, the most that an API server takes')
      continue
    }
    const unreadable = one.isJson ? undefined : unreadableCharacter(one.text)
    if (unreadable !== undefined) {
      report('error', one.lines + unreadable.line, unreadable.message)
      continue
    }
    const { document, lines, repaired } = parseOne(one, reader)
    if (document === undefined) continue
    const lineAt = (offset: number) => one.lines + lines.linePos(offset).line
    const { faults, hasObjectAsKey } = findFaults(document, repaired, {
      keysAreUnique: reader === 'kustomize',
      isJson: one.isJson
    })
    couldBeTemplate ||= hasObjectAsKey || document.errors.length > 0
    const errors = document.errors.some(isTooDeep) ? document.errors.filter(isTooDeep).slice(0, 1) : document.errors
    for (const error of errors) report('error', lineAt(error.pos[0]), notValid(error))
    if (document.errors.length > 0) continue
    for (const { level, at, message } of faults) report(level, lineAt(at), message)
    if (faults.some(({ level }) => level === 'error')) continue
    try {
      documents.push(manifestDocument(file, document, lineAt))
    } catch (error) {
      report('error', lineAt(document.contents?.range[0] ?? 0), notValid(error))
    }
  }
  if (problem !== undefined) report('error', problem.line, problem.message)
  const template = couldBeTemplate ? templateInFile(file, text) : undefined
  return template === undefined ? { documents, problems } : { documents: [], problems: [template] }
}

/** The parser calls itself for each level, until there is no room for another. */
function isTooDeep(error: unknown): boolean {
  return error instanceof Error && /call stack|stack overflow/i.test(error.message)
}

function notValid(error: unknown): string {
  if (isTooDeep(error)) return 'this is nested too deeply to be read'
  return `this is not valid YAML: ${error instanceof Error ? error.message : String(error)}`
}

/** A text that kubectl's parser takes may need more indentation here; each round mends one place. */
const maxRepairs = 100

/** Errors of no account to kubectl's parser. */
const taken = /^Comments must be separated from other tokens/

function parseOne(
  { text }: DocumentText,
  reader: Reader
): { document: Document.Parsed | undefined; lines: LineCounter; repaired: string } {
  let repaired = text
  for (let round = 0; ; round++) {
    const lines = new LineCounter()
    const parsed = parseAllDocuments(repaired, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      intAsBigInt: true,
      uniqueKeys: false,
      version: '1.1',
      customTags: reader === 'kustomize' ? kustomizeTags : kubectlTags
    })
    // What follows the end of a document, which only a line ... can be here, is never read.
    const document = Array.isArray(parsed) ? parsed[0] : undefined
    if (document !== undefined) document.errors = document.errors.filter(({ message }) => !taken.test(message))
    const start = document !== undefined && round < maxRepairs ? shallowFlow(document) : undefined
    const next = start === undefined ? undefined : indentContinuation(repaired, start)
    if (next === undefined) return { document, lines, repaired }
    repaired = next
  }
}

/** Where the first quoted text or bracket starts that seems not to be indented enough. */
function shallowFlow(document: Document.Parsed): number | undefined {
  const error = document.errors.find(
    ({ code, message }) => (code === 'MISSING_CHAR' && message.includes('quote')) || code === 'BAD_INDENT'
  )
  if (error === undefined) return undefined
  let start: number | undefined
  visit(document, (_, node) => {
    if (!isNode(node) || !node.range || node.range[0] > error.pos[0] || node.range[2] < error.pos[0]) return
    const isFlow = isCollection(node) ? node.flow === true : isScalar(node) && node.type?.startsWith('QUOTE') === true
    if (isFlow) start ??= node.range[0]
  })
  return start
}

/** Aliases multiply what a document holds. */
const maxAliases = 10_000

function manifestDocument(
  file: string,
  document: Document.Parsed,
  lineAt: (offset: number) => number
): ManifestDocument {
  const lineOf = (node: unknown): number | undefined => (isNode(node) && node.range ? lineAt(node.range[0]) : undefined)
  return {
    value: withoutBigInts(document.toJS({ maxAliasCount: maxAliases })),
    locate(path) {
      let node: Node | null | undefined = document.contents
      let line = lineOf(node) ?? 1
      for (const step of path) {
        if (isAlias(node)) node = node.resolve(document)
        let child: unknown
        let at: unknown
        if (isMap(node)) {
          const pair = node.items.findLast(
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
