// What an action on letters will do, in words, before it is done.

export interface ReplayOptions {
  readonly canary: number
  readonly rate: number
  readonly concurrency: number
  readonly stopAfter: number
}

const letters = (count: number) => `${count} ${count === 1 ? 'letter' : 'letters'}`

export function replayWords(count: number, { canary, rate, concurrency, stopAfter }: ReplayOptions): string[] {
  if (count === 0) return ['No open letter matches: nothing would be sent.']
  const isCanary = canary > 0 && canary < count
  return [
    `${letters(count)} will be sent to the function that failed, each student’s in the order of its events. A function that has handled an event already does nothing.`,
    isCanary
      ? `First ${letters(canary)} alone; the other ${count - canary} only when all of those succeed.`
      : 'All of them at once, without a canary.',
    `At most ${concurrency} at a time${rate > 0 ? `, ${rate} a second: about ${duration(count / rate)} for all` : ', as fast as the functions answer'}.`,
    stopAfter > 0
      ? `It stops after ${stopAfter} ${stopAfter === 1 ? 'failure' : 'failures'}; what was not sent stays open.`
      : 'It does not stop for failures; a letter that fails again stays open, with the new reason.',
    'It is a job: it continues when this page is closed, and can be aborted.'
  ]
}

export function discardWords(functionName: string, held: number): string[] {
  return [
    `${functionName} will never handle this event: it is given up permanently, and cannot be replayed any more.`,
    held === 0
      ? 'No later event waits behind it.'
      : `${held} later ${held === 1 ? 'event' : 'events'} of this student that ${held === 1 ? 'waits' : 'wait'} behind it will continue without it.`,
    'The letter, its data and your reason are kept. Other functions are not touched.'
  ]
}

export function editWords(functionName: string): string[] {
  return [
    `The edit is kept on the letter as a second version, beside what was published, with your name and reason, and is sent to ${functionName} at once.`,
    `From then on it is what this event does in ${functionName}, whoever delivers it, and once. The event keeps its id and its place; other functions keep what was published.`,
    'If it fails again, the letter stays open with the edit; only the newest edit counts.'
  ]
}

/** What the state of a letter means for whoever looks at it. */
export function stateWords({
  state,
  closedBecause,
  waitsFor,
  dueAt,
  held
}: {
  readonly state: string
  readonly closedBecause: string | null
  readonly waitsFor: string | null
  readonly dueAt: string | null
  readonly held: number
}): string {
  if (state === 'replaying') return 'A replay has it now.'
  if (state !== 'open') return closedBecause ?? ''
  const behind =
    held === 0 ? '' : ` ${held} later ${held === 1 ? 'event waits' : 'events wait'} behind it in this function.`
  if (dueAt !== null) return `What it waited for is there: it is replayed automatically in a moment.${behind}`
  if (waitsFor !== null) return `It is replayed automatically as soon as ${awaited(waitsFor)} is there.${behind}`
  return `It waits for you: replay it when its cause is fixed, edit it, or discard it.${behind}`
}

/** `user:user-9`: the user user-9 */
export function awaited(key: string): string {
  const colon = key.indexOf(':')
  return colon === -1 ? key : `the ${key.slice(0, colon)} ${key.slice(colon + 1)}`
}

/** What a function answered to a replay: of a problem in JSON its detail. https://www.rfc-editor.org/rfc/rfc9457 */
export function answerWords(answer: string | null): string {
  if (answer === null) return ''
  try {
    const problem: unknown = JSON.parse(answer)
    const isProblem = typeof problem === 'object' && problem !== null && 'detail' in problem
    return isProblem ? String(problem.detail) : answer
  } catch {
    return answer
  }
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}
