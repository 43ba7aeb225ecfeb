// `npm run local -- chaos`: a rehearsal against the running stack.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { project } from '../../project.ts'
import { kafkaClient } from '../audit/kafka-client.ts'
import { readEndpoints, manifestPathsIn, stateDirectoryOf } from '../../knative-local/index.ts'
import { loadPlan } from '../../knative-local/plans.ts'
import { openProcesses } from '../../knative-local/single-parts.ts'
import { exitStatus, print, printError, UsageError } from '../../knative-local/command-line.ts'
import type { ChaosOptions } from './arguments.ts'
import { markdown, showInvariants, showSchedule } from './report.ts'
import { runChaos } from './run-chaos.ts'
import { faultKinds, makeSchedule } from './schedule.ts'
import { targetsIn } from './targets.ts'

const Flags = z.object({
  seed: z.coerce
    .number({ error: '--seed must be a whole number' })
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  minutes: z.coerce
    .number({ error: '--minutes must be a number' })
    .positive()
    .max(24 * 60),
  rate: z.coerce.number({ error: '--rate must be a number' }).positive().max(1_000),
  only: z.array(z.enum(faultKinds)).optional()
})

/** Returns the exit status. */
export async function runChaosCommand(options: ChaosOptions): Promise<number> {
  const flags = Flags.safeParse({ seed: Math.floor(Math.random() * 1_000_000), ...options })
  if (!flags.success) throw new UsageError(z.prettifyError(flags.error))
  const { seed, minutes, rate, only } = flags.data
  const say = printError
  const folder = stateDirectoryOf(options.state, process.env)
  const endpoints = await readEndpoints(folder)
  const { plan } = await loadPlan(
    manifestPathsIn(project, endpoints?.manifestRoot).map(path => resolve(project.directory, path))
  )
  if (plan === undefined) throw new UsageError('The YAML has errors: npm run local -- check lists them.')
  const schedule = makeSchedule({ seed, minutes, kinds: only, targets: targetsIn(plan) })
  say(`Seed ${seed}, ${schedule.length} faults in ${minutes} minutes:\n${showSchedule(schedule)}\n`)
  if (options.dryRun) return exitStatus.done
  if (endpoints === undefined) throw new UsageError(`Nothing runs on ${folder}. Start it with npm run dev.`)

  const reports = join(folder, 'chaos')
  await mkdir(reports, { recursive: true })
  const processes = openProcesses(reports)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  try {
    const report = await runChaos({
      seed,
      minutes,
      kinds: only,
      perSecond: rate,
      endpoints,
      kafka: await kafkaClient({ bootstrap: endpoints.kafka.bootstrap }),
      plan,
      processes,
      signal: stop.signal,
      say
    })
    const file = join(reports, `seed-${seed}`)
    await writeFile(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`)
    await writeFile(`${file}.md`, markdown(report))
    print(options.json ? JSON.stringify(report, null, 2) : showInvariants(report.invariants))
    say(`\n${report.holds ? 'Everything held' : 'Something did not hold'}: ${file}.md`)
    return report.holds ? exitStatus.done : exitStatus.failed
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return exitStatus.failed
  } finally {
    processes.killAll()
    await processes.close()
  }
}
