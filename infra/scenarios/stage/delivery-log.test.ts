import { expect, test } from 'vitest'
import { openDeliveryLog, repeatsIn } from './delivery-log.ts'

test('a delivery is known by its member, function, event and record', () => {
  const log = openDeliveryLog()
  log.step = 'a member joins'
  log.begin('member-1', headers('a', 3))
  expect(log.all).toEqual([
    {
      member: 'member-1',
      function: 'onAnyStudent',
      id: 'a',
      student: 'student-1',
      sequence: 7,
      topic: 'student_update',
      partition: 3,
      offset: 41,
      step: 'a member joins',
      done: false
    }
  ])
})

test('what does not come from Kafka is not counted', () => {
  const log = openDeliveryLog()
  const { 'ce-knativekafkaoffset': _, ...replayed } = headers('a', 3)
  expect(log.begin('member-1', replayed)).toBeUndefined()
  expect(log.all).toEqual([])
})

test('only what was answered before is delivered twice, function by function', () => {
  const log = openDeliveryLog()
  deliver('a', true, 'onStudentCreate')
  deliver('a', true, 'onAnyStudent')
  deliver('b', false, 'onAnyStudent')
  const afterNoAnswer = deliver('b', true, 'onAnyStudent')
  const again = deliver('b', true, 'onAnyStudent')
  expect(repeatsIn(log.all)).toEqual([{ first: afterNoAnswer, again }])

  function deliver(id: string, done: boolean, name: string) {
    const delivery = log.begin('member-1', { ...headers(id, 0), 'ce-function': name })
    if (delivery) delivery.done = done
    return delivery
  }
})

function headers(id: string, partition: number): Record<string, string> {
  return {
    'ce-id': id,
    'ce-function': 'onAnyStudent',
    'ce-subject': 'student-1',
    'ce-sequence': '0000000007',
    'ce-kafkatopic': 'student_update',
    'ce-knativekafkapartition': String(partition),
    'ce-knativekafkaoffset': '41'
  }
}
