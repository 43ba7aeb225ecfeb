// Reads the YAML again when a file of it changes; a broken edit is told, and what runs goes on as it was.
import { type FSWatcher, watch } from 'node:fs'
import { resolve } from 'node:path'
import { projectDirectory } from '../bundle.ts'
import { loadPlan } from './manifests/load-plan.ts'
import type { Plan } from './manifests/plan.ts'
import { formatProblems } from './manifests/problem.ts'

export interface ManifestWatch {
  close(): Promise<void>
}

/** One editor's save is several events of the file system. */
const settleMs = 100

export function watchManifests(
  paths: readonly string[],
  running: Plan,
  apply: (plan: Plan) => Promise<void>,
  report: (sentence: string) => void
): ManifestWatch {
  let timer: NodeJS.Timeout | undefined
  let queue = Promise.resolve()
  let last = ''
  let applied = running

  const reload = async (): Promise<void> => {
    try {
      const { plan, problems } = await loadPlan(paths, { requireTopics: true, running: applied })
      const told = formatProblems(problems)
      if (told !== '' && told !== last) report(told)
      last = told
      if (!plan) return report('the YAML is not right; what runs stays as it was')
      await apply(plan)
      applied = plan
    } catch (error) {
      report(`the edited YAML could not be applied: ${error instanceof Error ? error.message : error}`)
    }
  }

  const watchers = paths.map((path): FSWatcher => {
    const watcher = watch(resolve(projectDirectory, path), (_, file) => {
      if (file && !/\.ya?ml$/.test(file)) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        queue = queue.then(reload)
      }, settleMs)
    })
    watcher.on('error', error => report(`${path} is no longer watched: ${error.message}`))
    return watcher
  })

  return {
    async close() {
      clearTimeout(timer)
      for (const watcher of watchers) watcher.close()
      await queue
    }
  }
}
