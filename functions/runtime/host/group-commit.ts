// Group commit: what comes while a transaction of this process is under way shares the next one.
//
// A work that finds nothing under way begins at once and alone, so that an idle process answers as fast as without. The groups grow
// by the load alone. Being together is only ever a shortcut: a group that fails has done nothing, and each work of it is
// done alone, by the path that it would have taken anyway, with an answer of its own.
import { AsyncLocalStorage } from 'node:async_hooks'

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
}

/** Of a group. What waits behind it is bounded by the requests that the server takes. */
const maxTogether = 32
/** Who waits for a transaction that takes longer begins beside it: one that waits for a lock holds up no other. */
const maxWaitMs = 20
/** After a group that failed, so many works go alone, twice as many after each further one: failing often costs next to nothing. */
const minAlone = 64
const maxAlone = 4_096

interface Waiting<Work, Answer> extends Member<Work> {
  readonly keys: readonly string[]
  /** Undefined: to be done alone. */
  decide(answer: Answer | undefined): void
  readonly ended: PromiseWithResolvers<void>
}

/** The answer, or what the work throws, is the one that it gives alone. */
export function createGroupCommit<Work, Answer extends {}>({
  alone,
  together,
  keysOf
}: GroupCommit<Work, Answer>): (work: Work) => Promise<Answer> {
  type Group = readonly Waiting<Work, Answer>[]
  /** What a group does is of no request. */
  const outside = AsyncLocalStorage.snapshot()
  let waiting: Waiting<Work, Answer>[] = []
  let underWay: Group | undefined
  let timer: NodeJS.Timeout | undefined
  /** Works that are still to go alone, and how many it will be after the next group that fails. */
  let toGoAlone = 0
  let afterFailure = minAlone

  async function begin(group: Group): Promise<void> {
    underWay = group
    const answers = group.length > 1 ? await tryTogether(group) : []
    group.forEach((one, at) => one.decide(answers[at]))
    await Promise.all(group.map(({ ended }) => ended.promise))
    if (underWay === group) next()
  }

  function next(): void {
    clearTimeout(timer)
    timer = undefined
    underWay = undefined
    const [group, left] = takeTogether(waiting)
    waiting = left
    if (group.length > 0) void begin(group)
    if (waiting.length > 0) wait()
  }

  function wait(): void {
    timer ??= setTimeout(next, maxWaitMs)
  }

  async function tryTogether(group: Group): Promise<readonly (Answer | undefined)[]> {
    try {
      const answers = await outside(() => together(group))
      afterFailure = minAlone
      return answers
    } catch {
      toGoAlone = afterFailure
      afterFailure = Math.min(maxAlone, afterFailure * 2)
      return []
    }
  }

  return async work => {
    if (toGoAlone > 0) {
      toGoAlone--
      return alone(work)
    }
    const decided = Promise.withResolvers<Answer | undefined>()
    const ended = Promise.withResolvers<void>()
    const one = { work, keys: keysOf(work), decide: decided.resolve, ended, context: AsyncLocalStorage.snapshot() }
    if (underWay === undefined && waiting.length === 0) void begin([one])
    else {
      waiting.push(one)
      wait()
    }
    const answer = await decided.promise
    try {
      return answer ?? (await alone(work))
    } finally {
      ended.resolve()
    }
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
