// Group commit: what comes in one burst, and what comes while a transaction of this process is under way, shares a transaction.
//
// A work that finds nothing under way waits for others no longer than the event loop has some to hand over, so that an idle process
// answers as fast as without; works that come fast may wait a little longer (Linger). Being together is only ever a shortcut: a group
// that fails has done nothing, and each work of it is done alone, by the path that it would have taken anyway, with an answer of
// its own.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import type { Linger } from './linger.ts'
import { WorkBackoff } from './work-backoff.ts'

/** A work that shares a transaction. */
export interface Member<Work> {
  readonly work: Work
  /** Runs what belongs to the work as its own request would: see AsyncLocalStorage.snapshot. */
  readonly context: <Result>(run: () => Result) => Result
}

export interface GroupCommit<Work, Answer> {
  /** Begins and ends a transaction of its own, or several. */
  alone(work: Work): Promise<Answer>
  /**
   * In one transaction. Leaves out, as undefined, what has to be done alone. A throw says that nothing at all was done.
   */
  together(members: readonly Member<Work>[]): Promise<readonly (Answer | undefined)[]>
  /** Works that have a key in common are never together, and keep their turns. */
  keysOf(work: Work): readonly string[]
  /** Of works that wait and have a key in common, the lower goes first; without it, the one that came first. */
  rankOf?(work: Work): number
  /** Without it no work waits for others that have not come yet. Not with rankOf: the first that waits is taken for the one that came first. */
  readonly linger?: Linger
}

/** Of a group. What waits behind it is bounded by the requests that the server takes. */
const maxTogether = 32
/** Who waits for a transaction that takes longer begins beside it: one that waits for a lock holds up no other. */
const maxWaitMs = 20
/** Works that go alone after a group that failed. */
const minAlone = 64
const maxAlone = 4_096

interface Waiting<Work, Answer> extends Member<Work> {
  readonly keys: readonly string[]
  readonly rank: number
  readonly sinceMs: number
  /** Undefined: to be done alone. */
  readonly decided: PromiseWithResolvers<Answer | undefined>
  readonly ended: PromiseWithResolvers<void>
}

/** The answer, or what the work throws, is the one that it gives alone. */
export function createGroupCommit<Work, Answer extends {}>({
  alone,
  together,
  keysOf,
  rankOf,
  linger
}: GroupCommit<Work, Answer>): (work: Work) => Promise<Answer> {
  type Group = readonly Waiting<Work, Answer>[]
  const outside = AsyncLocalStorage.snapshot() // what a group does is of no request
  let waiting: Waiting<Work, Answer>[] = []
  let underWay: Group | undefined
  let isGathering = false
  let timer: NodeJS.Timeout | undefined
  /** From groups that failed. */
  const backoff = new WorkBackoff(minAlone, maxAlone)

  async function gather(): Promise<void> {
    clear()
    isGathering = true
    await burst(() => waiting.length)
    const [first] = waiting
    if (first && linger?.pays(waiting.length)) await linger.wait(first.sinceMs)
    isGathering = false
    next()
  }

  async function begin(group: Group): Promise<void> {
    underWay = group
    const answers = group.length > 1 ? await tryTogether(group) : []
    group.forEach((one, at) => one.decided.resolve(answers[at]))
    await Promise.all(group.map(({ ended }) => ended.promise))
    if (underWay !== group) return
    if (linger?.pays(waiting.length)) void gather()
    else next()
  }

  function next(): void {
    clear()
    const [group, left] = takeTogether(waiting)
    waiting = left
    if (group.length > 0) void begin(group)
    if (waiting.length > 0) wait()
  }

  function wait(): void {
    timer ??= setTimeout(next, maxWaitMs)
  }

  function clear(): void {
    clearTimeout(timer)
    timer = undefined
    underWay = undefined
  }

  async function tryTogether(group: Group): Promise<readonly (Answer | undefined)[]> {
    try {
      const answers = await outside(() => together(group))
      backoff.succeeded()
      return answers
    } catch {
      backoff.failed()
      return []
    }
  }

  return async work => {
    if (backoff.takes()) return alone(work)
    const one = waitingOne<Work, Answer>(work, keysOf(work), rankOf?.(work) ?? 0)
    line(waiting, one)
    linger?.arrived(waiting.length)
    if (underWay !== undefined) wait()
    else if (!isGathering) void gather()
    const answer = await one.decided.promise
    try {
      return answer ?? (await alone(work))
    } finally {
      one.ended.resolve()
    }
  }
}

function waitingOne<Work, Answer>(work: Work, keys: readonly string[], rank: number): Waiting<Work, Answer> {
  return {
    work,
    keys,
    rank,
    sinceMs: performance.now(),
    decided: Promise.withResolvers(),
    ended: Promise.withResolvers(),
    context: AsyncLocalStorage.snapshot()
  }
}

/** At the end of the line; those that have a key in common stand by their ranks. */
function line<One extends Pick<Waiting<unknown, unknown>, 'keys' | 'rank'>>(waiting: One[], one: One): void {
  let last = one
  for (const [at, other] of waiting.entries()) {
    if (other.rank <= last.rank || !other.keys.some(key => last.keys.includes(key))) continue
    waiting[at] = last
    last = other
  }
  waiting.push(last)
}

/** Requests of a burst are read in turns of the event loop that follow each other: the first turn that brings none ends it. */
async function burst(count: () => number): Promise<void> {
  for (let known = 0; count() > known && count() < maxTogether;) {
    known = count()
    await turn()
    await turn() // sockets are read before this one and after the first
  }
}

/** The first that may be together, and the others in their order. */
function takeTogether<One extends { readonly keys: readonly string[] }>(waiting: readonly One[]): [One[], One[]] {
  const taken: One[] = []
  const left: One[] = []
  const keys = new Set<string>()
  for (const one of waiting) {
    const fits = taken.length < maxTogether && !one.keys.some(key => keys.has(key))
    for (const key of one.keys) keys.add(key)
    if (fits) taken.push(one)
    else left.push(one)
  }
  return [taken, left]
}
