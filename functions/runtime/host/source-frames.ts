// Where an error was thrown, by file and line of the TypeScript sources. An image runs one bundled file, and without
// --enable-source-maps, which reads the map at every start: here it is read when something has failed.
import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'

/** The innermost; a handler's own are among them. */
const maxFrames = 10
const mapsByFile = new Map<string, WeakRef<SourceMap>>()
const position = /([^\s()]+):(\d+):(\d+)(?=\)?$)/

/** `at onOrderPlaced (functions/onOrderPlaced/handler.ts:12:9)`, innermost first, without Node's own and the packages' frames. */
export function sourceFrames(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter(line => /^\s+at /.test(line)) // not the message, which may hold the parameters of a statement
    .map(frame =>
      frame.trim().replace(position, (_, file, line, column) => inSource(file, Number(line), Number(column)))
    )
    .filter(frame => !/node:|node_modules\/|\(<anonymous>\)/.test(frame))
    .slice(0, maxFrames)
}

function inSource(file: string, line: number, column: number): string {
  const entry = mapOf(file)?.findEntry(line - 1, column - 1)
  return entry !== undefined && 'originalSource' in entry
    ? `${inProject(entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
    : `${inProject(file)}:${line}:${column}`
}

const inProject = (file: string) => file.replace(/^.*?(?=(?:functions|node_modules)\/)/, '')

/** Kept while memory allows: it is read in milliseconds, and large. */
function mapOf(file: string): SourceMap | undefined {
  if (!file.endsWith('.cjs')) return undefined
  const known = mapsByFile.get(file)?.deref()
  if (known !== undefined) return known
  try {
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload)
    mapsByFile.set(file, new WeakRef(map))
    return map
  } catch {
    return undefined // the frame stays as it is
  }
}
