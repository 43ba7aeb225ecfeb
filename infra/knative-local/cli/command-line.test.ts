import { expect, onTestFinished, test, vi } from 'vitest'
import { createCommand, exits, exitStatus, runCommand, UsageError } from './command-line.ts'

test('help is exit status 0 on standard output', async () => {
  const { status, stdout } = await run('--help')
  expect([status, stdout]).toEqual([0, expect.stringContaining('Usage: program')])
  expect(await run('send', '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--times <n>') })
})

test.each([
  ['an unknown command', ['sedn'], "unknown command 'sedn'\n(Did you mean send?)\n"],
  ['an unknown option', ['send', 'x', '--tiems', '3'], "unknown option '--tiems'\n(Did you mean --times?)\n"],
  ['an argument too few', ['send'], "missing required argument 'what'\n"],
  ['a value that an action refuses', ['send', 'nothing'], 'say what to send\n']
])('%s is exit status 2, and its message stands alone', async (_, args, message) => {
  expect(await run(...args)).toEqual({ status: 2, stdout: '', stderr: message })
})

test('a failure is exit status 1, and what it quotes cannot move the cursor', async () => {
  expect(await run('send', '\u009b2J')).toEqual({ status: 1, stdout: '', stderr: 'refused: \\u009b2J\n' })
})

test('an action answers the exit status', async () => {
  expect((await run('send', 'something')).status).toBe(130)
})

async function run(...args: string[]) {
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation(text => {
      written[stream] += String(text)
      return true
    })
  }
  const before = process.exitCode
  onTestFinished(() => {
    process.exitCode = before
    vi.restoreAllMocks()
  })
  process.exitCode = undefined
  const program = createCommand('program')
  program.addCommand(
    createCommand('send')
      .argument('<what>')
      .option('--times <n>')
      .action(
        exits(async (what: string) => {
          if (what === 'nothing') throw new UsageError('say what to send')
          if (what !== 'something') throw new Error(`refused: ${what}`)
          return exitStatus.interrupted
        })
      )
  )
  await runCommand(program, args)
  const status = process.exitCode
  vi.restoreAllMocks()
  process.exitCode = before
  return { status: status ?? 0, ...written }
}
