// `npm run local -- chaos`: a rehearsal against the running stack.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { projectDirectory } from '../../bundle.ts'
import { kafkaClient } from '../audit/kafka-client.ts'
import { readEndpoints } from '../../knative-local/endpoints.ts'
import { loadPlan } from '../../knative-local/manifests/load-plan.ts'
import { manifestPathsIn } from '../../knative-local/manifest-paths.ts'
import { openProcesses } from '../../knative-local/parts/processes.ts'
import { stateDirectoryOf } from '../../knative-local/cli/settings.ts'
import { markdown, showInvariants, showSchedule } from './report.ts'
import { runChaos } from './run-chaos.ts'
import { faultKinds, makeSchedule } from './schedule.ts'

const usage = `npm run local -- chaos [--seed N] [--minutes M] [--rate N] [--only KIND]... [--dry-run] [--json] [--state DIR]

  Load and faults against the running stack (npm run dev), now and then two at once, then quiet, the audit and the
  invariants. Students, users and partitions that it adds stay: use a stack of its own (--state) for one whose data matters.

  --seed N      which schedule (drawn and told unless given); the same seed and minutes give the same schedule
  --minutes M   how long (3)
  --rate N      commands a second (20)
  --only KIND   these faults only; may be repeated: ${faultKinds.join(', ')}
  --dry-run     shows the schedule and does nothing
  --json        the report as JSON; it is written to DIR/chaos as JSON and Markdown in any case

Exit status: 0 everything held, 1 something did not, 2 wrong flags, or nothing runs. Ctrl-C undoes the fault and reports.`

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
export async function chaosCommand(args: readonly string[]): Promise<0 | 1 | 2> {
  const fail = (message: string): 2 => {
    process.stderr.write(`${message}\n\n${usage}\n`)
    return 2
  }
  let values
  try {
    ;({ values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
        minutes: { type: 'string', default: '3' },
        rate: { type: 'string', default: '20' },
        only: { type: 'string', multiple: true },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        state: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    }))
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  const flags = Flags.safeParse(values)
  if (!flags.success) return fail(z.prettifyError(flags.error))
  const { seed, minutes, rate, only } = flags.data
  const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)
  const schedule = makeSchedule({ seed, minutes, kinds: only })
  say(`Seed ${seed}, ${schedule.length} faults in ${minutes} minutes:\n${showSchedule(schedule)}\n`)
  if (values['dry-run']) return 0

  const folder = stateDirectoryOf(values.state, process.env)
  const endpoints = await readEndpoints(folder)
  if (endpoints === undefined) return fail(`Nothing runs on ${folder}. Start it with npm run dev.`)
  const { plan } = await loadPlan(manifestPathsIn(endpoints.manifestRoot).map(path => resolve(projectDirectory, path)))
  if (plan === undefined) return fail('The YAML is not right: npm run dev tells where.')

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
    process.stdout.write(
      values.json ? `${JSON.stringify(report, null, 2)}\n` : `${showInvariants(report.invariants)}\n`
    )
    say(`\n${report.holds ? 'Everything held' : 'Something did not hold'}: ${file}.md`)
    return report.holds ? 0 : 1
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return 1
  } finally {
    processes.killAll()
    await processes.close()
  }
}
