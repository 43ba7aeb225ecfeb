// `npm run bench -- flow [RATE] [SECONDS] [--saturate] [--at-once]`: from a POST to its last effect, through the running stack
// (`npm run dev`), beside a plain peer on the same brokers and in the same PostgreSQL (plain-peer.ts).
//
//   idle      one student at a time: POST, then ask until the directory entry is active
//   load      RATE students a second for SECONDS (500 and 60 by default), every tenth followed by an update, sent on time
//             whether or not earlier ones were answered; then until all three consumers are done
//   saturate  in place of both: students as fast as 32 connections have their answers
//   at once   the load alone, with nothing before it: for the first minute after a start
//
// Before what is measured, each side has taken 10 s of as much as 32 connections bring.
//
// Effects are timed by the database's clock (handled_events.handled_at), which is this machine's.
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import pg from 'pg'
import { z } from 'zod'
import { createCommand, UsageError, table } from '../../../knative-local/command-line.ts'
import { stateDirectoryOf, readEndpoints } from '../../../knative-local/index.ts'
import { busyShare, cpuTimes } from '../cpu-times.ts'
import { percentile } from '../percentile.ts'
import { type Caller, openCaller } from './caller.ts'
import { type Measured, measureFlow, measurePeer, warmUpLoad } from './measure.ts'
import type { Load } from './send.ts'

const idleStudents = 50
const connections = 64
const saturatingConnections = 32
const saturatingSeconds = 20

const Rate = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(10_000, 'must be at most 10000')
const Seconds = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(3_600, 'must be at most 3600')

interface Flags {
  readonly saturate?: boolean
  readonly atOnce?: boolean
}

export function flowCommand(): Command {
  return createCommand('flow')
    .description('from a POST to its last effect, through the running stack, beside a plain peer')
    .argument('[rate]', 'students a second (default 500)')
    .argument('[seconds]', `how long (default 60; ${saturatingSeconds} with --saturate)`)
    .option('--saturate', `as fast as ${saturatingConnections} connections have their answers, whatever the rate`)
    .option('--at-once', 'the load with nothing before it, for the first minute after a start')
    .action(
      async (rate: string | undefined, seconds: string | undefined, { saturate = false, atOnce = false }: Flags) => {
        const parsed = z.object({ rate: Rate, seconds: Seconds }).safeParse({
          rate: rate ?? 500,
          seconds: seconds ?? (saturate ? saturatingSeconds : 60)
        })
        if (!parsed.success) {
          throw new UsageError(
            parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')
          )
        }
        const { data } = parsed
        const load = saturate
          ? { connections: saturatingConnections, seconds: data.seconds }
          : { perSecond: data.rate, seconds: data.seconds }
        await run(load, atOnce)
      }
    )
}

async function run(load: Load, atOnce: boolean): Promise<void> {
  const endpoints = await readEndpoints(stateDirectoryOf(undefined, process.env))
  if (!endpoints) throw new Error('Nothing runs. Start the stack with npm run dev, then run this beside it.')
  const saturates = 'connections' in load
  const caller = openCaller(endpoints, saturates ? load.connections : connections)
  const database = new pg.Client({ connectionString: endpoints.postgres.url })
  await database.connect()
  try {
    if (!saturates && !atOnce) printIdle(await measureIdle(caller))
    const warmUp = `${warmUpLoad.seconds} s of as much as ${warmUpLoad.connections} connections bring`
    const before = cpuTimes()
    say(
      `\nOurs: ${atOnce ? '' : `${warmUp}, not measured, then `}${load.seconds} s, and until the last effect is there`
    )
    const ours = await measureFlow(endpoints, database, caller, load, { updates: !saturates, warmUp: !atOnce })
    say(`Plain peer: ${warmUp}, not measured, then ${load.seconds} s`)
    const peer = await measurePeer(endpoints, database, load)
    const busy = busyShare(before, cpuTimes())
    print([
      saturates
        ? `Saturated, ${load.connections} connections for ${load.seconds} s`
        : `Load, ${load.perSecond} students a second for ${load.seconds} s, every 10th updated too`,
      ...percentileTable([
        ['POST to answer', ours.answers],
        ['POST to last effect', ours.toLastEffect],
        ['plain peer: POST to answer', peer.answers]
      ]),
      '',
      ...comparison(ours, peer),
      '',
      ...costTable(ours, peer),
      '',
      'The plain peer takes the POST, produces it with acks=all and snappy, and a consumer stores one row: at least once, no',
      'outbox, no order, one effect. Ours has two effects a student, exactly once and in order. Same brokers, same PostgreSQL.',
      atOnce
        ? `Ours had nothing to do before it was measured; the peer had taken ${warmUp}.`
        : `Before it was measured each had taken ${warmUp}.`,
      `${availableParallelism()} cores ${(busy * 100).toFixed(0)} % busy, load average ${loadavg()[0]?.toFixed(1)}, with everything on them, this benchmark included.`
    ])
  } finally {
    await database.end()
    await caller.close()
  }
}

async function measureIdle(caller: Caller): Promise<number[]> {
  const latencies: number[] = []
  for (let student = 0; student < idleStudents; student++) {
    const startedAt = performance.now()
    const { id } = await caller.create()
    if (!id) throw new Error('createStudent refused a student: is user-1 there?')
    while (!(await caller.isActive(id))) await sleep(1)
    latencies.push(performance.now() - startedAt)
    await sleep(20) // the next one meets an idle system again
  }
  return latencies
}

function printIdle(latencies: readonly number[]): void {
  print([
    `Idle, ${idleStudents} students one after the other`,
    ...percentileTable([['POST to directory entry', latencies]])
  ])
}

function comparison(ours: Measured, peer: Measured): string[] {
  const perSecond = ({ students, seconds }: Measured) => students / seconds
  const overall = ({ students, seconds, caughtUpSeconds }: Measured) => students / (seconds + caughtUpSeconds)
  const answers = ({ statuses }: Measured) => [...statuses].map(([status, times]) => `${status}: ${times}`).join(', ')
  const row = (what: string, of: (measured: Measured) => number) => [
    what,
    of(ours).toFixed(1),
    of(peer).toFixed(1),
    ratio(of(ours), of(peer))
  ]
  return table(
    ['', 'ours', 'plain peer', 'ratio'],
    [
      row('taken, a second', perSecond),
      row('taken and done, a second', overall),
      row('effects to come at the last answer', ({ behind }) => behind),
      row('all done, s after the last answer', ({ caughtUpSeconds }) => caughtUpSeconds),
      ['answers', answers(ours), answers(peer)]
    ]
  )
}

function costTable({ cost }: Measured, { cost: peer }: Measured): string[] {
  const ofPeer = new Map(peer.parts)
  const names = new Set([...cost.parts, ...peer.parts].map(([part]) => part))
  const ofOurs = new Map(cost.parts)
  const rows = [...names].map(part => [part, ms(ofOurs.get(part)), ms(ofPeer.get(part))])
  return table(
    ['Processor time a student, by part', 'ours', 'plain peer', 'ratio'],
    [
      ...rows,
      ['all', ms(cost.totalMs), ms(peer.totalMs), ratio(cost.totalMs, peer.totalMs)],
      ['this benchmark, besides', ms(cost.benchMs), ms(peer.benchMs)]
    ]
  )
}

const ms = (value = 0) => (value < 0.005 ? '' : `${value.toFixed(2)} ms`)
const ratio = (ours: number, peer: number) => (peer > 0 && ours > 0 ? `${(ours / peer).toFixed(2)}x` : '')

function percentileTable(measured: readonly (readonly [string, readonly number[]])[]): string[] {
  const rows = measured.map(([what, values]) => {
    const sorted = values.toSorted((a, b) => a - b)
    const at = (share: number) => `${percentile(sorted, share).toFixed(0)} ms`
    return [what, String(sorted.length), at(0.5), at(0.95), at(0.99), at(1)]
  })
  return table(['', 'count', 'p50', 'p95', 'p99', 'max'], rows)
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}

function print(lines: readonly string[]): void {
  process.stdout.write(`\n${lines.join('\n')}\n`)
}
