import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../../until.ts'
import { LivePlan } from './live-plan.ts'
import type { Addresses } from './plan-feed.ts'

test('a good edit is applied, a broken one is reported and changes nothing', async () => {
  const { file, live, applied, reported } = await follow(source('first'))
  expect(live.plan.kafkaSources.map(({ name }) => name)).toEqual(['first'])

  await writeFile(file, source('first').replace('topics: [t]', 'topic: [t]'))
  await until('the refusal', 5000, async () => live.problems.length > 0)
  expect(live.problems.join('\n')).toContain('topic')
  expect(reported.join('\n')).toContain('The edit is not taken')
  expect(applied).toEqual([])

  await writeFile(file, `${source('first')}---\n${source('second')}`)
  await until('the edit', 5000, async () => applied.length > 0)
  expect(applied.at(-1)).toEqual(['first', 'second'])
  expect(live.problems).toEqual([])
})

test('what a cluster would not let an edit change is refused', async () => {
  const { file, live, applied } = await follow(source('first'))
  await writeFile(file, source('first').replace('consumerGroup: first', 'consumerGroup: another'))
  await until('the refusal', 5000, async () => live.problems.length > 0)
  expect(live.problems.join('\n')).toContain('immutable')
  expect(applied).toEqual([])
})

test('an address that appears later is handed on', async () => {
  const { addressFile, resolved } = await follow(source('first'))
  await writeFile(addressFile, JSON.stringify({ 'test/function': 'http://127.0.0.1:9000' }))
  await until('the address', 5000, async () => resolved.length > 0)
  expect(resolved.at(-1)?.get('test/function')).toBe('http://127.0.0.1:9000')
})

test.for([
  ['{"test/function": "nowhere"}', '"test/function" must be a URL, and is "nowhere"'],
  ['{"function": "http://a"}', '"function" must be NAMESPACE/NAME, for instance default/function'],
  ['{', 'is not JSON'],
  ['[]', 'must hold {"NAMESPACE/NAME": "URL"}']
] as const)('a file of addresses that is wrong is refused with what to write: %s', async ([text, expected]) => {
  const { addressFile, live } = await follow(source('first'))
  await writeFile(addressFile, text)
  // The file may be seen before it is whole: then it is refused for that first.
  await until('the refusal', 5000, async () => live.problems.join('\n').includes(expected))
  expect(live.problems.join('\n')).toContain(expected)
})

test('YAML with errors is not started at all', async () => {
  const reported: string[] = []
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'a.yaml'), source('first').replace('sink:', 'sinc:'))
  const places = { files: [directory], resolve: new Map(), 'resolve-file': undefined }
  await expect(LivePlan.load(places, text => reported.push(text))).rejects.toThrow('Nothing was started')
  expect(reported.join('\n')).toContain('sinc')
})

async function follow(yaml: string) {
  const directory = await temporaryDirectory()
  const file = join(directory, 'a.yaml')
  const addressFile = join(directory, 'addresses.json')
  await writeFile(file, yaml)
  await writeFile(addressFile, '{}')
  const reported: string[] = []
  const applied: string[][] = []
  const resolved: Addresses[] = []
  const places = { files: [file], resolve: new Map(), 'resolve-file': addressFile }
  const live = await LivePlan.load(places, text => reported.push(text))
  const watching = await live.follow({
    apply: async plan => void applied.push(plan.kafkaSources.map(({ name }) => name)),
    sendDirectly: async () => undefined,
    resolve: addresses => void resolved.push(addresses)
  })
  onTestFinished(() => watching.close())
  return { file, addressFile, live, applied, resolved, reported }
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'live-plan-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

function source(name: string): string {
  return `apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: ${name}, namespace: test }
spec:
  bootstrapServers: [kafka.example.com:9092]
  topics: [t]
  consumerGroup: ${name}
  initialOffset: earliest
  delivery: { retry: 1, backoffPolicy: linear, backoffDelay: PT0.2S, timeout: PT5S, deadLetterSink: { uri: "http://127.0.0.1:9/" } }
  sink: { uri: "http://127.0.0.1:9/" }
`
}
