import { expect, test } from 'vitest'
import { readPlace, shownHeaders } from './record-command.ts'

test('a header that comes more than once is shown with all its values, whatever its name', () => {
  const shown = shownHeaders([
    ['h', Buffer.from('1')],
    ['__proto__', Buffer.from('p')],
    ['h', null],
    ['constructor', null],
    ['h', Buffer.from('2')]
  ])
  expect(Object.entries(shown)).toEqual([
    ['h', ['1', null, '2']],
    ['__proto__', 'p'],
    ['constructor', null]
  ])
})

test.each(['a.topic/3@7', 'a.topic/3/7'])('%s is a place', place => {
  expect(readPlace(place)).toEqual({ topic: 'a.topic', partition: 3, offset: 7 })
})
