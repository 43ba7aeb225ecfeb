// Parts that go away under load, and come back. What was accepted has exactly one effect, in order.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'
import { projectDirectory } from '../../bundle.ts'
import { until } from '../../knative-local/testing.ts'
import { createStudent, currentEndpoints, eventually, functionUrl, send, updateStudent } from './students.ts'

const brokers = ['broker-1', 'broker-2', 'broker-3']

test(
  'with Kafka down students are still accepted, and everything arrives when it is back',
  { timeout: 180_000 },
  async () => {
    const { id } = await createStudent({ userId: 'user-1', name: 'version 1' })
    for (const broker of brokers) await local('kill', broker)
    try {
      await updateStudent(id, { name: 'version 2' })
      await updateStudent(id, { name: 'version 3' })
    } finally {
      await Promise.all(brokers.map(broker => local('start', broker)))
    }
    const { timeline } = await eventually(
      id,
      view => view.directory?.version === 3 && view.timeline.length >= 3,
      120_000
    )
    expect(timeline.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
    await healthy()
  }
)

test(
  'with PostgreSQL down a request is refused with 503 and Retry-After, and taken when it is back',
  { timeout: 120_000 },
  async () => {
    await local('kill', 'postgres')
    try {
      const answer = await send('POST', functionUrl('createStudent'), {
        userId: 'user-1',
        name: 'Ada',
        email: 'a@example.com'
      })
      expect(answer.status).toBe(503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      await local('start', 'postgres')
    }
    const { id } = await createStudent({ userId: 'user-1' })
    await eventually(id, view => view.directory?.status === 'active', 60_000)
    await healthy()
  }
)

test.each(['onStudentCreate', 'onAnyStudent', 'dataplane'])(
  'a %s that is killed in the middle of its work comes back and does it once',
  { timeout: 120_000 },
  async part => {
    const before = await pidOf(part)
    const ids: string[] = []
    for (let student = 0; student < 20; student++) {
      ids.push((await createStudent({ userId: 'user-2', name: `student ${student}` })).id)
      if (student === 10) await local('kill', part)
    }
    for (const id of ids) {
      const { timeline } = await eventually(
        id,
        view => view.directory?.status === 'active' && view.timeline.length > 0,
        60_000
      )
      expect(timeline).toHaveLength(1)
    }
    await until('another process', 30_000, async () => (await pidOf(part)) !== before)
    await healthy()
  }
)

test('a paused broker is waited out', { timeout: 120_000 }, async () => {
  await local('pause', 'broker-2')
  const { id } = await createStudent({ userId: 'user-3' })
  await local('resume', 'broker-2')
  await eventually(id, view => view.directory?.status === 'active' && view.timeline.length === 1, 60_000)
  await healthy()
})

async function healthy(): Promise<void> {
  await until(
    'every part to be well',
    60_000,
    async () => {
      await local('status')
      return true
    },
    { everyMs: 500 }
  )
}

async function pidOf(part: string): Promise<number | null | undefined> {
  const endpoints = await currentEndpoints()
  return part === 'dataplane' ? endpoints.dataplane.pid : endpoints.functions[part]?.pid
}

async function local(...command: string[]): Promise<string> {
  const file = join(projectDirectory, 'infra/local.ts')
  const args = [file, ...command, '--state', inject('stateDirectory')]
  return (await promisify(execFile)(process.execPath, args)).stdout
}
