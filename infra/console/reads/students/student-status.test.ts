import { expect, test } from 'vitest'
import type { Effect } from './student-effects.ts'
import { historyOf } from './student-history.ts'
import type { StudentRows } from './student-rows.ts'
import { statusOf } from './student-status.ts'

const at = '2026-11-27T10:00:00.000Z'
const created = {
  id: 'e1',
  source: '/s',
  type: 'school.student.v1.StudentCreated',
  sequence: 1,
  at,
  topic: 't',
  traceId: null
}
const updated = { ...created, id: 'e2', type: 'school.student.v1.StudentUpdated', sequence: 2 }
const row = { userId: 'user-9', name: 'Ada', email: 'ada@example.com', version: 2, createdAt: at, updatedAt: at }
const rows: StudentRows = { student: row, directory: null, user: null, events: [created, updated], letters: [] }
const entry = { status: 'active', name: 'Ada', email: 'ada@example.com', version: 2, updatedAt: at }
const writers = new Set(['onStudentCreate', 'onStudentUpdate'])

test('a student is not active because of the first event that its directory entry lacks, in words', () => {
  const effects = [
    effect({
      outcome: 'letter',
      detail: 'no user has the id user-9',
      letterId: 'l1',
      waitsFor: 'It waits for the user.'
    }),
    effect({ eventId: 'e2', function: 'onStudentUpdate', outcome: 'applied' }),
    effect({ function: 'onAnyStudent', outcome: 'failing' }) // does not write the directory
  ]
  expect(statusOf({ ...rows, directory: { ...entry, status: 'pending' } }, effects, writers)).toEqual({
    status: 'not active',
    title: 'It is not active: its directory entry is pending, because a change was applied and its creation was not.',
    reasons: [
      {
        sentence:
          'StudentCreated (sequence 1) is a dead letter in onStudentCreate: no user has the id user-9. It waits for the user.',
        href: '/letters/l1'
      }
    ]
  })
})

test('an event that is held, failing, given up or on its way is the reason too', () => {
  const sentences = (['held', 'failing', 'discarded', 'waiting'] as const).map(outcome => {
    const { reasons } = statusOf(rows, [effect({ outcome, reason: 'broken' })], writers)
    return reasons[0]?.sentence
  })
  expect(sentences).toEqual([
    'StudentCreated (sequence 1) reached onStudentCreate before its turn.',
    'StudentCreated (sequence 1) fails in onStudentCreate: broken.',
    'StudentCreated (sequence 1) was discarded in onStudentCreate (broken): onStudentCreate will never handle it.',
    'StudentCreated (sequence 1) has not reached onStudentCreate.'
  ])
})

test('an active student is behind while its newest version is not in the directory, and a deleted one is deleted', () => {
  const behind = effect({ eventId: 'e2', function: 'onStudentUpdate', outcome: 'waiting' })
  expect(statusOf({ ...rows, directory: entry }, [], writers).status).toBe('active')
  expect(statusOf({ ...rows, directory: { ...entry, version: 1 } }, [behind], writers)).toMatchObject({
    status: 'behind',
    title: 'It is active, and the directory shows version 1 of 2.',
    reasons: [{ sentence: 'StudentUpdated (sequence 2) has not reached onStudentUpdate.' }]
  })
  expect(statusOf({ ...rows, student: null, directory: { ...entry, status: 'deleted' } }, [], writers).status).toBe(
    'deleted'
  )
})

test('without events the user is the reason, or nobody knows', () => {
  const bare = { ...rows, events: [] }
  expect(statusOf(bare, [], writers).reasons[0]?.sentence).toBe('Its user user-9 does not exist.')
  expect(statusOf({ ...bare, user: { id: 'user-9', createdAt: at } }, [], writers).reasons[0]?.href).toBe('/audit')
})

test('all that happened stands in one line of time, causes before what they led to', () => {
  const soon = '2026-11-27T10:00:00.100Z'
  const later = '2026-11-27T10:00:01.000Z'
  const letter = {
    id: 'l1',
    eventId: 'e1',
    function: 'onStudentCreate',
    sequence: 1,
    type: created.type,
    reason: 'user-not-found',
    detail: 'no user has the id user-9',
    state: 'resolved',
    waitsFor: 'user:user-9',
    firstFailedAt: at,
    editedAt: null,
    editedBy: null,
    editedBecause: null,
    closedAt: later,
    closedBecause: 'replayed by r1'
  }
  const effects = [
    effect({
      outcome: 'applied',
      at: later,
      letterId: 'l1',
      errors: [{ at: soon, error: 'no user has the id user-9' }]
    })
  ]
  const history = historyOf(
    { ...rows, events: [created], letters: [letter], user: { id: 'user-9', createdAt: later } },
    effects
  )
  expect(history.map(({ kind }) => kind)).toEqual(['accepted', 'failed', 'letter', 'user', 'applied', 'closed'])
})

function effect({
  waitsFor,
  ...given
}: Partial<Omit<Effect, 'waitsFor'>> & Pick<Effect, 'outcome'> & { readonly waitsFor?: string }): Effect {
  return {
    eventId: 'e1',
    function: 'onStudentCreate',
    reason: '',
    at: null,
    errors: [],
    letterId: null,
    detail: '',
    ...given,
    waitsFor:
      waitsFor === undefined ? null : { sentence: waitsFor, href: given.letterId ? `/letters/${given.letterId}` : null }
  }
}
