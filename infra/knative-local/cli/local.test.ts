import { expect, test } from 'vitest'
import { localCommand } from './local.ts'

test('the help of a command lists each option once, also those that may stand before it', () => {
  const program = localCommand(() => [])
  expect(program.commands.length).toBeGreaterThan(5)
  for (const command of program.commands) {
    const options = command.helpInformation().match(/^ +(?:-\w, )?--[\w-]+/gm) ?? []
    expect(options, command.name()).toEqual([...new Set(options)])
    expect(options.filter(option => option.includes('--state')).length, command.name()).toBe(1)
  }
})
