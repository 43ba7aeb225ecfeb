import { expect, onTestFinished, test, vi } from 'vitest'
import { startControl } from '../control.ts'
import { freePorts } from '../testing/free-ports.ts'
import { showStatus } from './show-status.ts'

test('a refused edit is printed below the parts until it is corrected, and what runs stays healthy', async () => {
  const refusal = 'orders.yaml:3 error spec.topics: missing field'
  const refusedEdits = [refusal]
  const status = await statusWith(refusedEdits)
  expect(await status()).toEqual({
    exit: 0,
    printed: `Part   Pid   Health   Address\n\nThe last edit is refused; what ran before continues:\n${refusal}\n`
  })
  refusedEdits.pop()
  expect((await status()).printed).not.toContain('edit')
})

async function statusWith(refusedEdits: readonly string[]) {
  const [port = 0] = await freePorts(1)
  const control = await startControl(
    port,
    () => [],
    () => ({ healthy: true, problems: [], refusedEdits }),
    () => undefined
  )
  onTestFinished(control.close)
  return async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const exit = await showStatus({ control: { ...control, pid: 1 } } as never, '.local', false)
    const printed = write.mock.calls.map(([text]) => text).join('')
    vi.restoreAllMocks()
    return { exit, printed }
  }
}
