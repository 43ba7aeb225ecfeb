// A model's way to a dead letter: what is unhealthy, which letter it is, what a replay would do, and the replay once it is asked to.
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect, inject, onTestFinished, test } from 'vitest'
import { until } from '../../knative-local/testing.ts'
import { project } from '../../project.ts'
import { createStudent, deadLettersOf, newUserId } from './students.ts'

test('it finds the letter of a missing user, and sends nothing until it is asked to', async () => {
  const call = await connect()
  const { id } = await createStudent({ userId: newUserId() })
  await until('the letter', 30_000, async () => (await deadLettersOf(id)).length === 1)
  const [letter] = await deadLettersOf(id)
  expect(await call('replay', { student: id })).toMatchObject({
    count: 1,
    wouldReplay: [{ id: letter?.id, function: 'onStudentCreate', reason: 'user-not-found' }]
  })
  expect(await deadLettersOf(id)).toMatchObject([{ state: 'open', replays: 0 }])
  expect(await call('replay', { student: id, send: true })).toMatchObject({ job: { name: 'mcp' } })
  await until('one replay', 30_000, async () => (await deadLettersOf(id))[0]?.replays === 1)
})

test('it sees what the console sees: parts, groups and the system as it is drawn', async () => {
  const call = await connect()
  expect(await call('parts')).toMatchObject({
    parts: expect.arrayContaining([expect.objectContaining({ name: 'broker-1', healthy: true })])
  })
  expect(await call('groups')).toMatchObject({
    groups: expect.arrayContaining([expect.objectContaining({ name: 'on-any-student' })])
  })
})

async function connect(): Promise<(name: string, input?: Record<string, unknown>) => Promise<unknown>> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  onTestFinished(() => client.close())
  const args = [join(project.directory, 'infra/console/mcp/main.ts'), '--state', inject('stateDirectory')]
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'inherit' }))
  return async (name, input = {}) => {
    const { content, isError } = CallToolResultSchema.parse(await client.callTool({ name, arguments: input }))
    const [only] = content
    if (only?.type !== 'text' || isError) throw new Error(only?.type === 'text' ? only.text : 'no text')
    return JSON.parse(only.text)
  }
}
