// Looks at everything a moment apart while an outage is played, and keeps what it saw.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { followedFunctions } from '../../audit/followed-functions.ts'
import { lastHeader } from '../../../knative-local/events.ts'
import type { FollowedTopics } from '../stage/follow-topics.ts'
import { readSlot } from '../stage/replication-slot.ts'
import type { Stage } from '../stage/stage.ts'
import type { StudentLoad } from '../stage/student-load.ts'
import { logFigures } from './log-figures.ts'

export interface Sample {
  readonly atMs: number
  readonly moment: string
  readonly brokersUp: number
  /** Students that were answered with 201. */
  readonly accepted: number
  /** Events of the load in the outbox. */
  readonly committed: ReadonlySet<string>
  /** Those of them that a consumer has seen in Kafka. */
  readonly published: ReadonlySet<string>
  /** Records written since the scenario began, as far as Kafka has said: a record that came twice counts twice. */
  readonly written: number
  readonly slotLagBytes: number
  /** Over all groups of functions; null when Kafka does not say. */
  readonly groupLag: number | null
  /** Rows of the timeline table. */
  readonly applied: number
}

export interface Timeline {
  readonly samples: readonly Sample[]
  /** What follows belongs to this moment; looks at once. */
  begin(moment: string): Promise<Sample>
  look(): Promise<Sample>
  /** Looks every second until then. */
  stop(): Promise<void>
}

/** infra/debezium/outbox-connector.yaml. */
const slot = 'outbox'
const everyMs = 1_000

/** `recordsBefore` were in the topics before. */
export function startTimeline(
  stage: Stage,
  { load, followed, recordsBefore }: { load: StudentLoad; followed: FollowedTopics; recordsBefore: number }
): Timeline {
  const began = performance.now()
  const samples: Sample[] = []
  const stopped = new AbortController()
  const { functions } = followedFunctions(stage.plan)
  let moment = ''
  let written = 0

  const lookNow = async (): Promise<Sample> => {
    const at = { atMs: performance.now() - began, moment, accepted: load.accepted.size }
    const [up, rows, { lag_bytes: slotLagBytes }, figures] = await Promise.all([
      brokersUp(stage),
      readRows(stage, load),
      readSlot(stage, slot),
      logFigures(stage.endpoints.kafka.bootstrap, functions)
    ])
    if (figures) written = figures.records - recordsBefore
    const committed = new Set(rows.ids)
    const seen = followed.records.map(record => lastHeader(record, 'ce_id')?.toString() ?? '')
    const sample = {
      ...at,
      brokersUp: up,
      committed,
      published: new Set(seen.filter(id => committed.has(id))),
      written,
      slotLagBytes,
      groupLag: figures?.lag ?? null,
      applied: rows.applied
    }
    samples.push(sample)
    return sample
  }
  /** One after the other, so that they are in order. */
  let last: Promise<unknown> = Promise.resolve()
  const look = (): Promise<Sample> => {
    const next = last.then(lookNow)
    last = next.catch(() => undefined)
    return next
  }
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      await sleep(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined)
      if (!stopped.signal.aborted && moment !== '') await look()
    }
  })()
  const stop = async (): Promise<void> => {
    stopped.abort()
    await loop
  }
  loop.catch(() => undefined) // stop reports it
  stage.undo('the timeline', stop)
  return {
    samples,
    look,
    stop,
    begin(name) {
      moment = name
      return look()
    }
  }
}

/** Brokers that take a connection. */
async function brokersUp({ endpoints }: Stage): Promise<number> {
  const up = await Promise.all(endpoints.kafka.brokers.map(({ port }) => accepts(port)))
  return up.filter(Boolean).length
}

function accepts(port: number): Promise<boolean> {
  return new Promise(fulfil => {
    const socket = connect({ port, host: '127.0.0.1', timeout: everyMs })
    const end = (answer: boolean) => {
      socket.destroy()
      fulfil(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}

async function readRows(
  { database }: Stage,
  { domain }: StudentLoad
): Promise<{ readonly ids: readonly string[]; readonly applied: number }> {
  const { rows } = await database.query<{ ids: string[]; applied: number }>(
    `with written as (select id from students where email like '%@' || $1)
     select
       (select coalesce(array_agg(o.id::text), '{}') from outbox o join written on written.id = o.subject) as ids,
       (select count(*) from timeline t join written on written.id = t.student_id)::int as applied`,
    [domain]
  )
  return rows[0] ?? { ids: [], applied: 0 }
}
