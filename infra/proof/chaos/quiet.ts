// Whether the system has come to rest: nothing lags, nothing is held, no letter is open, every outbox row was handled.
// What was open before the rehearsal began is none of its business.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { Client } from 'pg'
import type { FollowedFunction } from '../audit/followed-functions.ts'
import { committedOffsets, lagOf, logRanges } from '../audit/log-offsets.ts'

const timeoutMs = 240_000
const pollMs = 250
const nudgeEveryMs = 10_000

export interface QuietWait {
  /** What is still under way, in words. */
  look(): Promise<string[]>
  /** Helps on what waits for somebody, every 10 s; it may fail. */
  nudge(): Promise<unknown>
  say(sentence: string): void
}

/** Until nothing is under way; null when that took too long, with what is left. */
export async function awaitQuiet({ look, nudge, say }: QuietWait): Promise<{ quietMs: number | null; left: string[] }> {
  const from = performance.now()
  const elapsed = () => Math.round(performance.now() - from)
  let left = await look()
  let nudgeAt = elapsed() + nudgeEveryMs
  while (left.length > 0 && elapsed() < timeoutMs) {
    await sleep(pollMs)
    left = await look()
    if (elapsed() > nudgeAt) {
      nudgeAt = elapsed() + nudgeEveryMs
      say(`  ${left.join(', ')}`)
      await nudge().catch(() => undefined)
    }
  }
  return { quietMs: left.length === 0 ? elapsed() : null, left }
}

/** What is still under way, in words; empty when it is quiet. */
export async function unrest(
  kafka: Kafka,
  client: Client,
  functions: readonly FollowedFunction[],
  since: Date
): Promise<string[]> {
  const admin = kafka.admin()
  await admin.connect()
  let lag = 0
  try {
    for (const { group, topics } of functions) {
      const committed = await committedOffsets(admin, group, topics)
      lag += lagOf(await logRanges(admin, topics), committed)
    }
  } finally {
    await admin.disconnect()
  }
  const { rows } = await client.query<{ held: number; letters: number; unhandled: number; jobs: number }>(
    `select
       (select count(*) from held_events where held_at >= $1)::int as held,
       (select count(*) from dead_letters where state in ('open', 'replaying') and first_failed_at >= $1)::int as letters,
       (select count(*) from outbox o where created_at >= $1
         and not exists (select from handled_events h where h.event_id = o.id::text))::int as unhandled,
       (select count(*) from replay_jobs where state = 'running')::int as jobs`,
    [since]
  )
  const { held = 0, letters = 0, unhandled = 0, jobs = 0 } = rows[0] ?? {}
  return [
    ...(lag > 0 ? [`${lag} records not delivered yet`] : []),
    ...(unhandled > 0 ? [`${unhandled} outbox rows not handled yet`] : []),
    ...(held > 0 ? [`${held} events held`] : []),
    ...(letters > 0 ? [`${letters} letters open`] : []),
    ...(jobs > 0 ? [`${jobs} replays running`] : [])
  ]
}
