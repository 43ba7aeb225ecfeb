// One YAML document with the line of everything in it.
//
// kubectl reads YAML 1.1: an unquoted `yes` or `on` is a boolean, so that a value refused by the cluster is refused here too.
// It differs from the 1.1 specification in two places, which are left out below: `1:30` and `2026-01-01` stay text. Kustomize
// reads them as YAML 1.2 does, so that an unquoted `yes` in what it builds is text.
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node
} from 'yaml'
import type { Origin } from './plan.ts'
import { isRecord } from './is-record.ts'
import type { Problem } from './problem.ts'

/** A path in a document: `['spec', 'topics', 0]`. */
export type Path = readonly PropertyKey[]

export interface ManifestDocument {
  readonly value: unknown
  /** The line of what stands at the path, or of the nearest thing above it that is written. */
  locate(path: Path): Origin
}

export function parseManifest(
  file: string,
  text: string,
  options: { readonly forKustomize?: boolean } = {}
): { documents: ManifestDocument[]; problems: Problem[] } {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    intAsBigInt: true,
    version: '1.1',
    customTags: tags => [
      ...tags.filter(
        tag =>
          typeof tag === 'string' ||
          (tag.tag !== 'tag:yaml.org,2002:timestamp' &&
            tag.format !== 'TIME' &&
            !(options.forKustomize === true && tag.tag === 'tag:yaml.org,2002:bool'))
      ),
      ...(options.forKustomize === true ? ['bool' as const] : [])
    ]
  })
  const problems: Problem[] = []
  const documents: ManifestDocument[] = []
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const error of document.errors) {
      problems.push({
        level: 'error',
        origin: { file, line: lines.linePos(error.pos[0]).line },
        path: '',
        message: `this is not valid YAML: ${error.message}`
      })
    }
    if (document.errors.length > 0) continue
    documents.push(manifestDocument(file, document, lines))
  }
  return { documents, problems }
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
