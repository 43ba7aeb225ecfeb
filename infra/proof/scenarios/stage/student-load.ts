// Students created and changed all the while through the functions' own HTTP, and in the end the verdict on all of it: the
// rehearsal's load, its rest and its invariants, with the audit.
import { setTimeout as sleep } from 'node:timers/promises'
import { followedFunctions } from '../../audit/followed-functions.ts'
import { auditAtRest } from '../../audit/audit-at-rest.ts'
import { checkInvariants } from '../../chaos/invariants.ts'
import { type Load, startLoad } from '../../chaos/load.ts'
import { unrest } from '../../chaos/quiet.ts'
import { seededRandom } from '../../chaos/random.ts'
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from './stage.ts'

export interface StudentLoad extends Load {
  /** The domain of the students' addresses. */
  readonly domain: string
  readonly startedAt: Date
}

/** What is judged, whoever sent it. */
export type JudgedLoad = Pick<StudentLoad, 'accepted' | 'counts' | 'stop' | 'domain' | 'startedAt'>

const drainMs = 60_000
const quietTimeoutMs = 180_000
const pollMs = 250
const seed = 7

/** Stopped with the scenario, if not before. Every user of it exists. */
export function startStudentLoad({ endpoints, mark, undo }: Stage, perSecond: number): StudentLoad {
  const domain = `${mark}.example.com`
  const startedAt = new Date()
  const load = startLoad({
    createUrl: endpoints.functions.createStudent?.url ?? '',
    updateUrl: endpoints.functions.updateStudent?.url ?? '',
    mark: domain,
    perSecond,
    lateUserEvery: 0,
    random: seededRandom(seed)
  })
  undo('the load', () => load.stop(drainMs))
  return { ...load, domain, startedAt }
}

/** Ends the load and waits until nothing of it is under way; answers what still is when the time is over, in words. */
export async function comeToRest(stage: Stage, load: JudgedLoad): Promise<string[]> {
  const { kafka, database, plan, signal } = stage
  await load.stop(drainMs)
  const { functions } = followedFunctions(plan)
  const client = await database.connect()
  try {
    const deadline = performance.now() + quietTimeoutMs
    let left = await unrest(kafka, client, functions, load.startedAt)
    while (left.length > 0 && performance.now() < deadline) {
      await sleep(pollMs, undefined, { signal })
      left = await unrest(kafka, client, functions, load.startedAt)
    }
    return left
  } finally {
    client.release()
  }
}

/** Ends the load, waits until nothing is under way, and claims what must hold of it. */
export async function judge(stage: Stage, narrator: Narrator, load: JudgedLoad): Promise<void> {
  const { kafka, database, plan, endpoints } = stage
  const left = await comeToRest(stage, load)
  const audit = await auditAtRest({ kafka, endpoints, plan })
  const client = await database.connect()
  try {
    const invariants = await checkInvariants(client, load, load.domain, audit)
    narrator.claim('all comes to rest', left.length === 0, left.join(', ') || 'nothing is under way')
    for (const { name, holds, detail } of invariants) narrator.claim(name, holds, detail)
    narrator.fact('load', { students: load.accepted.size, ...load.counts })
    narrator.fact('audit', { clean: audit.clean, counts: audit.counts, accounts: audit.accounts })
  } finally {
    client.release()
  }
}
