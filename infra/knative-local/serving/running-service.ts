// A Service that runs, with its settings and the name of the program that it runs: both change together, or neither.
import type { Service } from '../manifests/plan.ts'
import type { FunctionService } from './function-service.ts'
import { GivenUp } from './instance.ts'

export interface RunningService {
  readonly service: FunctionService
  spec(): Service
  /** The name of the program that it runs. */
  target(): string
  /** Resolves when it runs so, or when a later edit or the end has made that needless: then it answers false. @throws when all stays as it was */
  change(spec: Service, target: string): Promise<boolean>
  /** Its program's files have changed; where it is not obvious which, they are named. */
  reload(files?: string): Promise<void>
}

export function createRunningService(
  service: FunctionService,
  first: Service,
  firstTarget: string,
  report: (sentence: string) => void
): RunningService {
  let now = { spec: first, target: firstTarget }
  return {
    service,
    spec: () => now.spec,
    target: () => now.target,
    async change(spec, target) {
      const before = now
      now = { spec, target } // a reload that comes now is one of these
      try {
        await service.replace(spec)
        return true
      } catch (error) {
        if (error instanceof GivenUp) return false
        now = before
        throw error
      }
    },
    async reload(files) {
      const { spec, target } = now
      const startedAt = performance.now()
      try {
        await service.replace(spec)
        const why = files === undefined ? '' : `: ${files}`
        report(`${target} reloaded in ${Math.round(performance.now() - startedAt)} ms${why}`)
      } catch (error) {
        if (error instanceof GivenUp) return // by a later edit, or the end
        report(`${target} was not reloaded, the one before stays: ${messageOf(error)}`)
      }
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
