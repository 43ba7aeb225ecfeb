// Start, stop and start again: what stays, and that nothing else does.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { functionNames, functionsDirectory } from '../../bundle.ts'
import { readEndpoints } from '../../knative-local/index.ts'
import { createStackFolder, until } from '../../knative-local/testing.ts'
import { send } from './students.ts'
import { devEntry, project } from '../../project.ts'

type StackFolder = Awaited<ReturnType<typeof createStackFolder>>

const student = { userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }

test(
  'a stack stops without a trace, continues with its data, and leaves nothing even when it is killed',
  { timeout: 300_000 },
  async () => {
    const folder = await createStackFolder(project, devEntry)
    onTestFinished(() => folder.remove())

    const first = await folder.start()
    const created = await send('POST', first.endpoints.functions.createStudent?.url ?? '', student)
    expect(created.status).toBe(201)
    expect(await runDirectories(folder)).toHaveLength((await functionNames()).length)

    // A second one on the same folder, and one on the same ports, are refused with that reason.
    expect((await folder.launch().exited).code).toBe(1)
    expect(folder.output()).toContain('already runs')

    const stoppingAt = performance.now()
    first.main.signal('SIGTERM')
    expect((await first.main.exited).code).toBe(0)
    expect(performance.now() - stoppingAt).toBeLessThan(60_000) // 15 s on a machine of its own
    await expectNoTrace(folder)

    const second = await folder.start()
    const url = `${second.endpoints.functions.createStudent?.url}${created.headers.get('location')}`
    await until('the student to be active', 60_000, async () => {
      const view = (await send('GET', url)).json() as { directory: { status: string } | null }
      return view.directory?.status === 'active'
    })

    second.main.signal('SIGKILL')
    await second.main.exited
    await until('everything to be gone', 20_000, async () => {
      const { processes, ports } = await folder.remains()
      return processes.length + ports.length === 0
    })
  }
)

async function expectNoTrace(folder: StackFolder): Promise<void> {
  expect(await folder.remains()).toEqual({ processes: [], ports: [] })
  expect(await readEndpoints(folder.stateDirectory)).toBeUndefined()
  expect(await runDirectories(folder)).toEqual([])
}

/** Where `func invoke` looks for running functions. */
async function runDirectories({ ports }: StackFolder): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(functionsDirectory)) {
    const runs = await readdir(join(functionsDirectory, name, '.func', 'runs')).catch(() => [])
    found.push(...runs.filter(port => ports.includes(Number(port))))
  }
  return found
}
