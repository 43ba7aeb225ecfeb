// The server as a model's host starts it: a process, spoken to on its standard input and output.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { expect, onTestFinished, test } from 'vitest'
import { reads } from '../reads/all.ts'

test('each read is a tool that reads only, and replay is the one that does not', async () => {
  const { client } = await connect()
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual([...Object.keys(reads), 'replay'])
  expect(tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name)).toEqual([
    'replay'
  ])
  for (const { description, inputSchema } of tools) {
    expect(description).toMatch(/^\S.{20,}\.$/)
    expect(inputSchema.type).toBe('object')
  }
})

test('what cannot be answered says why and what to do, and the next call is answered', async () => {
  const { client, folder } = await connect()
  for (const name of ['parts', 'groups']) {
    expect(await client.callTool({ name })).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringContaining(`Nothing runs on ${folder}`) }]
    })
  }
  expect(await client.callTool({ name: 'replay', arguments: { send: 'yes' } })).toMatchObject({
    isError: true,
    content: [{ type: 'text', text: expect.stringMatching(/expected boolean/) }]
  })
})

async function connect() {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-'))
  const client = new Client({ name: 'test', version: '1.0.0' })
  onTestFinished(async () => {
    await client.close()
    await rm(folder, { recursive: true, force: true })
  })
  const args = [join(import.meta.dirname, 'main.ts'), '--state', folder]
  await client.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'inherit' }))
  return { client, folder }
}
