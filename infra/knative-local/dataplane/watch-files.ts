// Says when something under some files or directories changed; several changes at once are one.
import { watch, type FSWatcher } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Editors and checkouts write several files in a row. */
const QUIET_MS = 150

export interface FileWatch {
  close(): void
}

export async function watchFiles(paths: readonly string[], changed: () => void): Promise<FileWatch> {
  let timer: NodeJS.Timeout | undefined
  const notice = (): void => {
    clearTimeout(timer)
    timer = setTimeout(changed, QUIET_MS)
  }
  const watchers: FSWatcher[] = []
  for (const path of paths) {
    // A file is watched through its directory: editors replace it by another one of the same name.
    const isDirectory = (await stat(path)).isDirectory()
    watchers.push(watch(isDirectory ? path : dirname(path), { recursive: isDirectory }, notice))
  }
  return {
    close: () => {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
    }
  }
}
