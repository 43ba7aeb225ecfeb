import { expect, test } from 'vitest'
import { studentEvent } from '../../../infra/test/student-event.ts'
import { expiryOf } from './expiry.ts'

const expiring = (expirytime: string) => expiryOf(studentEvent({ version: 1 }, { attributes: { expirytime } }))

test('an expirytime is a timestamp of RFC 3339, in upper or lower case', () => {
  for (const text of ['2026-01-02T03:04:05Z', '2026-01-02t03:04:05z', '2026-01-02t05:04:05+02:00']) {
    expect(expiring(text)).toEqual(new Date('2026-01-02T03:04:05Z'))
  }
})

test('an expirytime that is no timestamp is refused', () => {
  expect(() => expiring('tomorrow')).toThrow('expirytime tomorrow is not a timestamp')
})
