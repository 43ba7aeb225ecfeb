// The nightly prune of infra/jobs/jobs.yaml on this machine: a minute after the start and then once a day, with the same settings
// and the same refusal of settings that are too short.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { createKafkaClient } from './kafka-client.ts'
import { prune, PruneConfig, type Pruned } from './prune.ts'

const everyMs = 24 * 60 * 60 * 1000
/** Right after the start Debezium has yet to take up its slot, and a prune would say that nobody reads it. */
const afterStartMs = 60_000

export interface DailyPruneOptions {
  /** infra/jobs/jobs.yaml */
  readonly jobsFile: string
  readonly databaseUrl: string
  readonly bootstrap: readonly string[]
  /** A minute by default. */
  readonly firstAfterMs?: number
  report(sentence: string): void
}

export interface DailyPrune {
  /** Lets the batch that is under way end, and begins no other. */
  stop(): Promise<void>
}

export function startDailyPrune(options: DailyPruneOptions): DailyPrune {
  const stopping = new AbortController()
  const { signal } = stopping
  const run = async (): Promise<void> => {
    await sleep(options.firstAfterMs ?? afterStartMs, undefined, { signal, ref: false }).catch(() => undefined)
    while (!signal.aborted) {
      for (const sentence of await pruneOnce(options, signal)) if (!signal.aborted) options.report(sentence)
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
  const ended = run()
  return {
    async stop() {
      stopping.abort()
      await ended
    }
  }
}

/** What there is to say; nothing when nothing was removed. Never throws: a prune that fails must not end the stack. */
export async function pruneOnce(
  { jobsFile, databaseUrl, bootstrap }: DailyPruneOptions,
  signal?: AbortSignal
): Promise<string[]> {
  try {
    const settings = PruneConfig.parse({ ...(await settingsIn(jobsFile)), DATABASE_URL: databaseUrl })
    const admin = createKafkaClient('prune', { bootstrap: bootstrap.join(',') }).admin()
    await admin.connect()
    try {
      return describe(await prune(settings, admin, signal))
    } finally {
      await admin.disconnect()
    }
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error
    return [`not pruned, by ${jobsFile}: ${reason}`]
  }
}

const CronJob = z.object({
  kind: z.literal('CronJob'),
  metadata: z.object({ name: z.literal('prune') }),
  spec: z.object({
    jobTemplate: z.object({
      spec: z.object({
        template: z.object({
          spec: z.object({
            containers: z.tuple([
              z.object({ env: z.array(z.object({ name: z.string(), value: z.string().optional() })) })
            ])
          })
        })
      })
    })
  })
})

/** The variables of the CronJob `prune` that are written out. @throws when the file has no such CronJob */
async function settingsIn(jobsFile: string): Promise<Record<string, string | undefined>> {
  const objects = parseAllDocuments(await readFile(jobsFile, 'utf8')).map(document =>
    CronJob.safeParse(document.toJS())
  )
  const found = objects.find(({ success }) => success)?.data
  if (found === undefined) throw new Error('it has no CronJob named prune')
  const [{ env }] = found.spec.jobTemplate.spec.template.spec.containers
  return Object.fromEntries(env.map(({ name, value }) => [name, value]))
}

function describe({ removed, notes }: Pruned): string[] {
  const rows = Object.entries(removed).flatMap(([table, count]) => (count > 0 ? [`${count} of ${table}`] : []))
  return rows.length === 0 ? [...notes] : [...notes, `pruned rows that nothing asks for any more: ${rows.join(', ')}`]
}
