import { describe, expect, test } from 'vitest'
import { local } from './testing/local.ts'

describe('on the command line', () => {
  test.each([
    ['an unknown flag', ['audit', '--colour']],
    ['half an address', ['audit', '--bootstrap', 'localhost:9']],
    [
      'a Kafka that is not there',
      ['audit', '--bootstrap', '127.0.0.9:9', '--database-url', 'postgres://127.0.0.9:9/x']
    ],
    ['a record that is not named', ['record', 'student_create']]
  ])('%s is exit status 2', async (_, args) => {
    const { status, stderr } = await local(...args)
    expect([status, stderr]).toEqual([2, expect.stringMatching(/\w/)])
  })
})
