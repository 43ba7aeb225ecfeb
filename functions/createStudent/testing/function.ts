// createStudent on a database, and what is sent to it.
import { afterAll, beforeAll } from 'vitest'
import type { Database } from '../../runtime/host/database.ts'
import { emptyTables, openTestDatabase, testDatabase } from '../../../infra/test/database.ts'
import { functionBundle } from '../../../infra/test/function-bundle.ts'
import { type FunctionProcess, launchFunction, startFunction } from '../../../infra/test/function-process.ts'

export const createType = 'school.student.v1.CreateStudent'
export const ada = { userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' }

const STUDENT_CREATE_TOPIC = 'student_create'

/** Starts it once for all tests of a file. The function it returns is for each test, which finds the database empty. */
export function startFunctionOnce(): () => Promise<{ fn: FunctionProcess; db: Database }> {
  let shared: Awaited<ReturnType<typeof launch>>
  beforeAll(async () => {
    shared = await launch()
  })
  afterAll(() => shared?.stop())
  return async () => {
    await emptyTables(shared.db)
    return shared
  }
}

async function launch() {
  const { db, url, drop } = await openTestDatabase()
  const env = { DATABASE_URL: url, STUDENT_CREATE_TOPIC }
  const { listening, end } = launchFunction('createStudent', env, await functionBundle('createStudent'))
  return {
    db,
    fn: await listening,
    async stop() {
      await end()
      await drop()
    }
  }
}

/** For a test that breaks it. */
export async function startFunctionAlone(): Promise<{ fn: FunctionProcess; db: Database }> {
  const { db, url } = await testDatabase()
  return { db, fn: await startFunction('createStudent', { DATABASE_URL: url, STUDENT_CREATE_TOPIC }) }
}

/** A person's request. */
export function post(fn: FunctionProcess, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(fn.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body)
  })
}

/** A command as a CloudEvent in binary mode. */
export function sendCommand(
  fn: FunctionProcess,
  data: unknown,
  headers: Record<string, string> = {}
): Promise<Response> {
  return post(fn, data, {
    'ce-specversion': '1.0',
    'ce-id': 'command-1',
    'ce-source': '/test',
    'ce-type': createType,
    ...headers
  })
}
