// A plan that follows its files: read again when a file of it changes. A broken edit is reported, and what runs stays.
import { dirname, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type FileWatch, watchFiles } from '../watch-files.ts'
import { type LoadOptions, type LoadResult, loadPlan } from './load-plan.ts'
import { isManifestName } from './manifest-files.ts'
import { describeChanges } from './describe-changes.ts'
import type { Plan } from './plan.ts'
import { formatProblems, type Problem } from './problem.ts'

export interface FollowOptions {
  /** Asked before each reading, after the options. */
  paths(): readonly string[]
  /** What was read at the start, and runs. */
  readonly loaded: LoadResult & { readonly plan: Plan }
  /** Other files whose change is a reason to read again. */
  readonly otherFiles?: readonly string[]
  /** Asked before each reading. */
  options(): Promise<LoadOptions>
  /** A plan that differs from the one that runs, or the same one when another file has changed. */
  apply(plan: Plan): Promise<void>
  /** Problems of the edited files, and why an edit is not taken. */
  report(text: string): void
  /** The last edit was not taken, with why; or all is as the files say. */
  refused?(why: string | undefined): void
}

export interface FollowedPlan {
  close(): Promise<void>
}

/** Exactly the files that were read are watched: what else stands in their folders, a log for instance, is nobody's edit. */
export async function followPlan(options: FollowOptions): Promise<FollowedPlan> {
  const { paths, loaded, apply, report, refused } = options
  const others = (options.otherFiles ?? []).map(file => resolve(file))
  let running = loaded.plan
  let problems = loaded.problems
  let folders = new Set<string>()
  let isClosed = false
  /** What the files say now does not run. */
  let isRefused = false

  const placesOf = (read: Pick<LoadResult, 'files' | 'folders'>): string[] => {
    folders = new Set(read.folders.map(folder => resolve(folder)))
    return [...read.files, ...read.folders]
  }

  const loadFresh = async (): Promise<LoadResult> => {
    const given = await options.options()
    return loadPlan(paths(), { ...given, running })
  }
  const reload = async (changed: ReadonlySet<string>): Promise<void> => {
    if (isClosed) return
    const read = await loadFresh()
    const fresh = newProblems(problems, read.problems, changed)
    problems = read.problems
    if (fresh.length > 0) report(formatProblems(fresh))
    if (read.plan) {
      const isNew = others.some(file => changed.has(file)) || !isDeepStrictEqual(read.plan, running)
      const changes = describeChanges(running.objects, read.plan.objects)
      if (changes !== undefined) report(changes)
      else if (isRefused) report('The files are right again; nothing changes.')
      if (isNew) await apply(read.plan)
      running = read.plan
    }
    isRefused = !read.plan
    refused?.(read.plan ? undefined : formatProblems(read.problems.filter(({ level }) => level === 'error')))
    if (!read.plan && fresh.length > 0) report('The edit is not taken; what runs stays as it was.')
    // Edited before it was watched: read once more. It ends, as each time there are fewer new files.
    if (await watch.add(placesOf(read))) await reload(new Set())
  }

  let reloading = Promise.resolve()
  const request = (changed: ReadonlySet<string>): void => {
    reloading = reloading
      .then(() => reload(changed))
      .catch((error: Error) => {
        isRefused = true
        refused?.(error.message)
        report(`The edit is not taken: ${error.message}`)
      })
  }
  const watch: FileWatch = await watchFiles({
    paths: [...placesOf(loaded), ...others],
    matches: file => folders.has(dirname(file)) && isManifestName(file),
    changed: request,
    failed: error => report(`the YAML is no longer watched: ${error.message}`)
  })
  request(new Set()) // what was edited since it was read

  return {
    async close() {
      isClosed = true
      await watch.close()
      await reloading
    }
  }
}

/** A problem is reported once for each change of its file, and not again for those of others. */
function newProblems(before: readonly Problem[], now: readonly Problem[], changed: ReadonlySet<string>): Problem[] {
  const known = new Set(before.map(problem => JSON.stringify(problem)))
  return now.filter(problem => changed.has(resolve(problem.origin.file)) || !known.has(JSON.stringify(problem)))
}
