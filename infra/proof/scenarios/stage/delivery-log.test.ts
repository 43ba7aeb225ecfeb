import { expect, test } from 'vitest'
import { openDeliveryLog, readDelivery, repeatsIn } from './delivery-log.ts'

test('a delivery is known by its member, function, event and record', () => {
  expect(readDelivery('member-1', 'a member joins', headers('a'))).toEqual({
    member: 'member-1',
    function: 'onAnyStudent',
    id: 'a',
    student: 'student-1',
    sequence: 7,
    topic: 'student_update',
    partition: 3,
    offset: 41,
    step: 'a member joins',
    done: false,
    tookMs: 0
  })
})

test('what does not come from Kafka is none', () => {
  const { 'ce-knativekafkaoffset': _, ...replayed } = headers('a')
  expect(readDelivery('member-1', '', replayed)).toBeUndefined()
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
    const delivery = readDelivery('member-1', '', { ...headers(id), 'ce-function': name })
    if (!delivery) throw new Error('no delivery')
    delivery.done = done
    log.add(delivery)
    return delivery
  }
})

function headers(id: string): Record<string, string> {
  return {
    'ce-id': id,
    'ce-function': 'onAnyStudent',
    'ce-subject': 'student-1',
    'ce-sequence': '0000000007',
    'ce-kafkatopic': 'student_update',
    'ce-knativekafkapartition': '3',
    'ce-knativekafkaoffset': '41'
  }
}
