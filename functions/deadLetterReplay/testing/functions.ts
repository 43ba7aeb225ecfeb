// deadLetterReplay and the functions that it sends letters to, once for all tests of a file.
import { afterAll, beforeAll } from 'vitest'
import { emptyTables, openTestDatabase, type TestDatabase } from '../../../infra/test/database.ts'
import { functionBundle } from '../../../infra/test/function-bundle.ts'
import { type FunctionProcess, launchFunction } from '../../../infra/test/function-process.ts'

/** What a test calls the functions that letters go to. */
const receivers = { create: 'onStudentCreate', any: 'onAnyStudent' } as const
type Receiver = keyof typeof receivers

type Functions<Name extends Receiver> = Readonly<Record<Name | 'replay', FunctionProcess>> & Pick<TestDatabase, 'db'>

/** Starts them before the tests of the file, on one database. The function it returns is for each test, which finds that empty. */
export function startFunctions<Name extends Receiver>(...names: Name[]): () => Promise<Functions<Name>> {
  let shared: Awaited<ReturnType<typeof launch<Name>>>
  beforeAll(async () => {
    shared = await launch(names)
  })
  afterAll(() => shared?.stop())
  return async () => {
    await emptyTables(shared.functions.db)
    return shared.functions
  }
}

async function launch<Name extends Receiver>(names: readonly Name[]) {
  const { db, url, drop } = await openTestDatabase()
  const ends: (() => Promise<void>)[] = []
  const start = async (name: string, env: Readonly<Record<string, string>> = {}): Promise<FunctionProcess> => {
    const { listening, end } = launchFunction(name, { DATABASE_URL: url, ...env }, await functionBundle(name))
    ends.push(end)
    return listening
  }
  const started = await Promise.all(names.map(async name => [name, await start(receivers[name])] as const))
  const urls = started.map(([name, fn]) => `${receivers[name]}=${fn.url}`)
  const replay = await start('deadLetterReplay', {
    FUNCTION_URLS: [...urls, 'away=http://127.0.0.1:9'].join(','),
    REGISTRY_URL: 'http://127.0.0.1:9',
    REPLAY_POLL_MS: '100'
  })
  return {
    functions: { db, replay, ...(Object.fromEntries(started) as Record<Name, FunctionProcess>) },
    async stop() {
      await Promise.all(ends.map(end => end()))
      await drop()
    }
  }
}
