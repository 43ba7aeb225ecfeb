// Letters and replays as people read them.
import { oneLine, table } from '../knative-local/command-line.ts'
import type { z } from 'zod'
import type { FailingEvents, Groups, Job, Letter, Preview, Retried, WholeJob, WholeLetter } from './replay-api.ts'

/** ISO 8601 to the second; the whole of it is in --json. */
const second = (time: string) => `${time.slice(0, 19)}Z`
const sequence = (letter: Letter) => String(Number(letter.event.sequence ?? Number.NaN) || '-')

export function showLetters(letters: readonly Letter[], next: string | undefined): string {
  if (letters.length === 0) return 'No letters.'
  const rows = letters.map(letter => [
    letter.id,
    letter.function,
    letter.reason,
    letter.origin === 'unverified' ? `${letter.state}, unverified` : letter.state,
    letter.event.subject ?? '-',
    sequence(letter),
    String(letter.attempts),
    String(letter.replays),
    String(letter.held),
    second(letter.lastFailedAt)
  ])
  const head = [
    'Letter',
    'Function',
    'Reason',
    'State',
    'Student',
    'Seq',
    'Attempts',
    'Replays',
    'Holds',
    'Last failed'
  ]
  return [...table(head, rows), ...(next ? ['', `More: --after ${next}`] : [])].join('\n')
}

export function showFailing({ failing }: z.infer<typeof FailingEvents>): string {
  if (failing.length === 0) return 'No event fails now.'
  const rows = failing.map(event => [
    event.function,
    event.type,
    event.student ?? '-',
    String(event.sequence ?? '-'),
    String(event.attempts),
    second(event.lastFailedAt),
    event.errors.at(-1)?.error ?? '-',
    event.stack[0] ?? '-'
  ])
  return table(['Function', 'Type', 'Student', 'Seq', 'Attempts', 'Last failed', 'Error', 'Thrown'], rows).join('\n')
}

export function showRetried({ retried }: z.infer<typeof Retried>): string {
  if (retried.length === 0) return 'No event fails now.'
  const rows = retried.map(({ function: name, type, student, sequence: place, outcome, status, detail }) => [
    name,
    type,
    student ?? '-',
    String(place ?? '-'),
    outcome,
    String(status ?? '-'),
    detail
  ])
  return table(['Function', 'Type', 'Student', 'Seq', 'Outcome', 'Status', 'Detail'], rows).join('\n')
}

export function showGroups({ groups }: z.infer<typeof Groups>): string {
  if (groups.length === 0) return 'No letters.'
  const rows = groups.map(group => [
    String(group.count),
    group.function,
    group.reason,
    group.class,
    group.state,
    second(group.firstFailedAt),
    second(group.lastFailedAt)
  ])
  return table(['Letters', 'Function', 'Reason', 'Class', 'State', 'First failed', 'Last failed'], rows).join('\n')
}

const dataOf = (data: unknown) =>
  JSON.stringify(data, null, 2)
    .split('\n')
    .map(line => `  ${line}`)

const editOf = ({ at, by, reason }: NonNullable<Letter['edit']>) => `${second(at)} by ${by ?? 'somebody'}: ${reason}`

export function showLetter(letter: WholeLetter): string {
  const facts = [
    ['Letter', letter.id],
    ['State', letter.closedBecause ? `${letter.state} (${letter.closedBecause})` : letter.state],
    ...(letter.origin === 'unverified' ? [['Origin', 'unknown: nothing here published this event']] : []),
    ['Function', letter.function],
    ['Reason', `${letter.reason} (${letter.class})`],
    ['Detail', letter.detail],
    ['Last status', letter.status === null ? 'no answer' : String(letter.status)],
    ['Record', letter.topic === 'unknown' ? 'unknown' : `${letter.topic}/${letter.partition}/${letter.offset}`],
    ['Attempts', String(letter.attempts)],
    ['Failed', `${second(letter.firstFailedAt)} to ${second(letter.lastFailedAt)}`],
    ['Replays', String(letter.replays)],
    ['Trace', letter.traceId ?? 'unknown'],
    ...(letter.waitsFor === null ? [] : [['Waits for', letter.waitsFor]]),
    ...(letter.edit === null ? [] : [['Edited', editOf(letter.edit)]])
  ]
  const attributes = Object.entries(letter.event).map(([name, value]) => [name, value])
  const history = letter.history.map(({ replay, name, result, tries, detail }) => [
    replay,
    name,
    result,
    String(tries),
    detail ?? ''
  ])
  const held = letter.heldEvents.map(one => [
    String(one.sequence),
    one.event.type ?? '',
    one.event.id ?? '',
    one.heldAt
  ])
  return [
    ...aligned(facts),
    '',
    'Attributes',
    ...aligned(attributes).map(line => `  ${line}`),
    '',
    letter.edit === null ? 'Data' : 'Data, as it was published',
    ...dataOf(letter.data),
    ...(letter.edit === null ? [] : ['', 'Data, as edited, which a replay sends', ...dataOf(letter.edit.data)]),
    ...(letter.errors.length === 0
      ? []
      : [
          '',
          ...table(
            ['Failed', 'Error'],
            letter.errors.map(({ at, error }) => [second(at), error])
          )
        ]),
    ...(letter.stack.length === 0 ? [] : ['', 'Thrown', ...letter.stack.map(frame => `  ${oneLine(frame)}`)]),
    ...(history.length === 0 ? [] : ['', ...table(['Replay', 'Name', 'Result', 'Tries', 'Detail'], history)]),
    ...(held.length === 0 ? [] : ['', 'Held behind it', ...table(['Seq', 'Type', 'Event', 'Since'], held)])
  ].join('\n')
}

export function showPreview({ count, wouldReplay, warnings }: z.infer<typeof Preview>): string {
  const rows = wouldReplay.map(letter => [
    letter.id,
    letter.function,
    letter.reason,
    letter.student ?? '-',
    String(letter.sequence ?? '-'),
    String(letter.replays)
  ])
  return [
    ...(rows.length === 0 ? [] : [...table(['Letter', 'Function', 'Reason', 'Student', 'Seq', 'Replays'], rows), '']),
    `${count} ${count === 1 ? 'letter' : 'letters'} would be replayed; nothing was sent.`,
    ...warnings.map(warning => oneLine(`Warning: ${warning}`))
  ].join('\n')
}

export function showProgress({ progress: { waiting, sending, resolved, failed, skipped } }: Job): string {
  const total = waiting + sending + resolved + failed + skipped
  return `${total - waiting - sending} of ${total}: ${resolved} resolved, ${failed} failed, ${skipped} skipped`
}

export function showJobs(jobs: readonly Job[]): string {
  if (jobs.length === 0) return 'No replays.'
  const rows = jobs.map(job => [job.id, job.name, job.state, showProgress(job), second(job.createdAt)])
  return table(['Replay', 'Name', 'State', 'Letters', 'Started'], rows).join('\n')
}

export function showJob(job: WholeJob): string {
  const rows = job.results.map(one => [
    one.letter,
    one.function,
    one.student ?? '-',
    String(one.sequence ?? '-'),
    one.result,
    String(one.tries),
    one.status === null ? '-' : String(one.status),
    one.detail ?? ''
  ])
  return [
    ...(rows.length === 0
      ? []
      : [...table(['Letter', 'Function', 'Student', 'Seq', 'Result', 'Tries', 'Status', 'Detail'], rows), '']),
    oneLine(
      `Replay ${job.id} (${job.name}) is ${job.state}${job.detail ? `: ${job.detail}` : ''}. ${showProgress(job)}.`
    )
  ].join('\n')
}

function aligned(pairs: readonly (readonly string[])[]): string[] {
  const width = Math.max(0, ...pairs.map(([name = '']) => name.length))
  return pairs.map(([name = '', value = '']) => oneLine(`${name.padEnd(width)}   ${value}`))
}
