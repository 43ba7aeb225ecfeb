// Says which of some files have another content, once for each save: the one watcher of functions, YAML and address files.
//
// Editors replace a file by another one of its name (`sed -i`, vim), and a branch switch replaces 40 at once or deletes and
// recreates their folder. chokidar follows all of that; the recursive fs.watch of Node 24 on Linux loses a file with its first
// replacement.
import { watch } from 'chokidar'
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'

export interface WatchOptions {
  /** Files and folders, present or not. */
  readonly paths: readonly string[]
  /** Which files of a watched folder count, by absolute path; those of `paths` always do. */
  matches(file: string): boolean
  /** A folder stands for all below it, but for node_modules and what begins with a dot. */
  readonly recursive?: boolean
  /** Absolute paths of folders that are not entered. */
  readonly except?: readonly string[]
  /** Absolute paths of the files that were made, edited or deleted. */
  changed(files: ReadonlySet<string>): void
  failed(error: Error): void
}

export interface FileWatch {
  /** Watches these too. True when some were not watched before: an edit until now has not been seen. */
  add(paths: readonly string[]): Promise<boolean>
  close(): Promise<void>
}

/** One save is several events of the file system, and a branch switch is many saves. */
const quietMs = 80
/** Somebody who never stops writing is heard all the same. */
const maxQuietMs = 1_000

/** Resolves when every change from now on is noticed. */
export async function watchFiles(options: WatchOptions): Promise<FileWatch> {
  const { paths, matches, recursive, except = [], changed, failed } = options
  const roots = new Set(paths.map(path => resolve(path)))
  const known = new Map<string, string | undefined>()
  let touched = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let firstTouchAt = 0
  let working = Promise.resolve()
  let isClosed = false

  const counts = (file: string): boolean => roots.has(file) || matches(file)
  const enters = (folder: string): boolean =>
    roots.has(folder) ||
    (recursive === true && !/^\.|^node_modules$/.test(basename(folder)) && !except.includes(folder))

  const watcher = watch([...roots], {
    ignored: (path, stats) => (stats?.isFile() ? !counts(path) : stats?.isDirectory() ? !enters(path) : false)
  })
  const remember = async (file: string): Promise<void> => void known.set(file, await fingerprint(file))
  const reading: Promise<void>[] = []
  watcher.on('error', error => failed(error instanceof Error ? error : new Error(String(error))))
  watcher.on('add', file => void (counts(file) && reading.push(remember(file))))
  await new Promise<void>(ready => watcher.once('ready', ready))
  watcher.removeAllListeners('add')
  await Promise.all(reading)

  watcher.on('all', (event, path) => {
    if (event === 'addDir' || event === 'unlinkDir' || !counts(path)) return
    const now = performance.now()
    if (touched.size === 0) firstTouchAt = now
    touched.add(path)
    clearTimeout(timer)
    timer = setTimeout(compare, Math.max(0, Math.min(quietMs, firstTouchAt + maxQuietMs - now)))
  })

  /** A file that was written again as it was has not changed. */
  function compare(): void {
    const files = [...touched]
    touched = new Set()
    working = working.then(() => reportDifferent(files))
  }

  async function reportDifferent(files: readonly string[]): Promise<void> {
    const before = new Map(files.map(file => [file, known.get(file)]))
    await Promise.all(files.map(remember))
    const different = files.filter(file => known.get(file) !== before.get(file))
    if (different.length > 0 && !isClosed) changed(new Set(different))
  }

  return {
    async add(more) {
      const fresh = more.map(path => resolve(path)).filter(path => !roots.has(path))
      for (const path of fresh) roots.add(path)
      await Promise.all(fresh.map(remember))
      if (fresh.length > 0 && !isClosed) watcher.add(fresh)
      return fresh.length > 0
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await watcher.close()
      await working
    }
  }
}

/** Above it a file is data, not code: its size and time say enough. */
const maxHashedBytes = 4 * 1024 * 1024

/** Undefined for what is not there, or is no file. */
async function fingerprint(file: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs } = await stat(file)
    if (size > maxHashedBytes) return `${size} bytes of ${mtimeMs}`
    return createHash('sha256')
      .update(await readFile(file))
      .digest('base64')
  } catch {
    return undefined
  }
}
