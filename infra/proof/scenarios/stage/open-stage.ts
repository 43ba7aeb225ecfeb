// Opens the clients of a running stack for one scenario, and in the end undoes what it did.
import { resolve } from 'node:path'
import pg from 'pg'
import { kafkaClient } from '../../audit/kafka-client.ts'
import { project } from '../../../project.ts'
import { actOnPart, type Endpoints, manifestPathsIn } from '../../../knative-local/index.ts'
import { loadPlan, formatProblems } from '../../../knative-local/plans.ts'
import { openProcesses } from '../../../knative-local/single-parts.ts'
import type { Stage } from './stage.ts'

export interface StageOptions {
  readonly endpoints: Endpoints
  /** Files for people, and logs of what the scenario starts. */
  readonly directory: string
  readonly short: boolean
  readonly flags?: Readonly<Record<string, string | undefined>>
  progress?(sentence: string): void
  readonly signal: AbortSignal
}

export interface OpenStage {
  readonly stage: Stage
  /** Undoes what was done, and closes all; answers what could not be undone, a sentence each. */
  close(): Promise<string[]>
}

const connections = 8
const queryTimeoutMs = 60_000

export async function openStage(options: StageOptions): Promise<OpenStage> {
  const { endpoints, directory, short, flags = {}, signal, progress = () => undefined } = options
  const { plan, problems } = await loadPlan(
    manifestPathsIn(project, endpoints.manifestRoot).map(path => resolve(project.directory, path))
  )
  if (!plan) throw new Error(`The YAML is not right:\n${formatProblems(problems)}`)
  const kafka = await kafkaClient({ bootstrap: endpoints.kafka.bootstrap })
  const admin = kafka.admin()
  await admin.connect()
  const database = new pg.Pool({
    connectionString: endpoints.postgres.url,
    max: connections,
    query_timeout: queryTimeoutMs
  })
  database.on('error', () => undefined) // PostgreSQL may be killed on purpose; the next query connects again
  const processes = openProcesses(directory)
  const undone: { what: string; work: () => Promise<unknown> }[] = []

  return {
    stage: {
      endpoints,
      plan,
      kafka,
      admin,
      database,
      processes,
      short,
      flags,
      directory,
      signal,
      progress,
      mark: Date.now().toString(36),
      act: (action, part) => actOnPart(endpoints, part, action),
      undo: (what, work) => void undone.push({ what, work })
    },
    async close() {
      const failed: string[] = []
      for (let next = undone.pop(); next; next = undone.pop()) {
        const { what, work } = next
        await work().catch((error: Error) => failed.push(`${what} was not undone: ${error.message}`))
      }
      processes.killAll()
      await processes.close()
      await admin.disconnect().catch(() => undefined)
      await database.end()
      return failed
    }
  }
}
