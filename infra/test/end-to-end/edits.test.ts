// YAML edited while everything runs takes effect, as `kubectl apply` would; the stack reads a copy of the project's files.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { readEndpoints } from '../../knative-local/index.ts'
import { askConnect, withAdmin } from '../../knative-local/single-parts.ts'
import { until } from '../../knative-local/testing.ts'
import { send } from './students.ts'

const Kubeconfig = z.object({ clusters: z.array(z.object({ cluster: z.object({ server: z.string() }) })) })
const KafkaTopic = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), reason: z.string().optional() })) })
})
const Handed = z.object({ addresses: z.record(z.string(), z.string()) })
const DataPlane = z.object({
  sources: z.array(z.object({ name: z.string(), group: z.string(), ready: z.boolean() }))
})
const takesEffectMs = 30_000

test('a KafkaTopic with more partitions grows, a new one is made, and one with fewer stays as it is', async () => {
  const edit = await editFile('infra/kafka/topics.yaml')
  const name = `edited-${Date.now()}`
  const topic = (partitions: number) => `---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: { name: ${name}, namespace: students, labels: { strimzi.io/cluster: students } }
spec: { partitions: ${partitions}, replicas: 3 }
`
  for (const partitions of [2, 3]) {
    await edit(before => `${before}${topic(partitions)}`)
    await until(`${partitions} partitions`, takesEffectMs, async () => (await partitionsOf(name)) === partitions)
  }
  await edit(before => `${before}${topic(1)}`)
  await until('the object to say so', takesEffectMs, async () => (await reasonOf(name)) === 'NotSupported')
  expect(await partitionsOf(name)).toBe(3)
  await expect.poll(status, { timeout: takesEffectMs }).toMatchObject({
    healthy: true, // it serves, with more partitions than it needs
    topicProblems: expect.arrayContaining([expect.stringContaining(`topic ${name} stays as it is`)])
  })
})

test('a topic that Kafka refuses says so on its object, and another one of the same edit is made', async () => {
  const edit = await editFile('infra/kafka/topics.yaml')
  const name = `refused-${Date.now()}`
  const topic = (topicName: string, replicas: number) => `---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: { name: ${topicName}, namespace: students, labels: { strimzi.io/cluster: students } }
spec: { partitions: 1, replicas: ${replicas} }
`
  await edit(before => `${before}${topic(name, 5)}${topic(`${name}-beside`, 3)}`)
  await until('the other topic', takesEffectMs, async () => (await partitionsOf(`${name}-beside`)) === 1)
  await until('the object to say so', takesEffectMs, async () => (await reasonOf(name)) === 'KafkaError')
  await expect.poll(status, { timeout: takesEffectMs }).toMatchObject({
    healthy: false,
    topicProblems: expect.arrayContaining([
      expect.stringMatching(
        new RegExp(`topics\\.yaml:\\d+ topic ${name} is refused by Kafka: .*replication factor of 5`)
      )
    ])
  })
})

test('a KafkaSource that is added reads its topic, and an edit that a cluster would refuse reaches nobody', async () => {
  const edit = await editFile('infra/kafka/topics.yaml')
  const name = `read-${Date.now()}`
  const topicAndSource = (group: string) => `---
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: { name: ${name}, namespace: students, labels: { strimzi.io/cluster: students } }
spec: { partitions: 1, replicas: 3 }
---
apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: ${name}, namespace: students }
spec:
  bootstrapServers: [students-kafka-bootstrap.students.svc.cluster.local:9092]
  topics: [${name}]
  consumerGroup: ${group}
  initialOffset: earliest
  delivery:
    { retry: 1, backoffPolicy: linear, backoffDelay: PT0.2S, timeout: PT5S, deadLetterSink: { uri: "http://127.0.0.1:9/" } }
  sink: { uri: "http://127.0.0.1:9/" }
`
  await edit(before => `${before}${topicAndSource(name)}`)
  await until('it to consume', takesEffectMs, async () => (await sourceCalled(name))?.ready === true)
  const handedOver = () => readFile(join(inject('stateDirectory'), 'data-plane.json'), 'utf8')
  const before = await handedOver()
  await edit(text => `${text}${topicAndSource(`${name}-2`)}`)
  const log = join(inject('stateDirectory'), 'logs/main.log')
  await until('the refusal', takesEffectMs, async () =>
    /immutable.*The edit is not taken/s.test(await readFile(log, 'utf8'))
  )
  await expect.poll(status, { timeout: takesEffectMs }).toMatchObject({
    healthy: true,
    refusedEdits: [expect.stringMatching(/infra\/kafka\/topics\.yaml:\d+ error .*immutable/)]
  })
  expect(await handedOver()).toBe(before)
  expect(await sourceCalled(name)).toMatchObject({ group: name, ready: true })
})

test('an edited environment variable of a Service reaches its function, and only that one is started again', async () => {
  const edit = await editFile('knative/update-student.yaml')
  const before = await pids()
  await edit(text => replaceOnce(text, 'value: info', 'value: warn'))
  await until(
    'updateStudent to run with it',
    takesEffectMs,
    async () => (await environmentOf('updateStudent')).LOG_LEVEL === 'warn'
  )
  const after = await pids()
  expect({ ...after, updateStudent: 0 }).toEqual({ ...before, updateStudent: 0 })
  expect((await send('GET', `${inject('endpoints').functions.updateStudent?.url}/health/readiness`)).status).toBe(200)
})

test('an edited connector is configured again', async () => {
  const edit = await editFile('infra/debezium/users-connector.yaml')
  await edit(text => replaceOnce(text, 'poll.interval.ms: 200', 'poll.interval.ms: 199'))
  await expect
    .poll(() => connectorConfig('users'), { timeout: takesEffectMs })
    .toMatchObject({ 'poll.interval.ms': '199' })
})

test('a Service that is added answers at a port of its own without a restart, the others keep theirs, and it can be removed', async () => {
  const yaml = await readFile(join(inject('endpoints').manifestRoot, 'knative/create-student.yaml'), 'utf8')
  const service = yaml.split(/^---$/m).find(text => /^kind: Service$/m.test(text)) ?? ''
  const file = join(inject('endpoints').manifestRoot, 'knative/added.yaml')
  await writeFile(file, replaceOnce(service, 'name: create-student\n', 'name: added\n'))
  onTestFinished(() => rm(file))
  const edit = await editFile('knative/kustomization.yaml')
  const before = await addresses()

  await edit(text => replaceOnce(text, '  - create-student.yaml\n', '  - create-student.yaml\n  - added.yaml\n'))
  await until('its address', takesEffectMs, async () => (await addresses())['students/added'] !== undefined)
  const after = await addresses()
  expect(after).toEqual({ ...before, 'students/added': expect.any(String) })
  expect((await send('GET', `${after['students/added']}/health/readiness`)).status).toBe(200)

  await edit(text => text)
  await until('it to be gone', takesEffectMs, async () => (await addresses())['students/added'] === undefined)
  await expect(send('GET', `${after['students/added']}/health/readiness`)).rejects.toThrow(/fetch failed|ECONNREFUSED/)
})

async function status(): Promise<unknown> {
  return (await send('GET', `${inject('endpoints').control.url}/status`)).json()
}

async function sourceCalled(name: string): Promise<z.infer<typeof DataPlane>['sources'][number] | undefined> {
  const answer = await send('GET', inject('endpoints').dataplane.statusUrl)
  return DataPlane.parse(answer.json()).sources.find(source => source.name === name)
}

/** URLs of Services, as the data plane gets them. */
async function addresses(): Promise<Record<string, string>> {
  return Handed.parse(JSON.parse(await readFile(join(inject('stateDirectory'), 'data-plane.json'), 'utf8'))).addresses
}

async function connectorConfig(name: string): Promise<unknown> {
  return (await askConnect(inject('endpoints').connect, `/connectors/${name}/config`)).json()
}

/** Writes a file of the running stack's YAML from what it was; it is put back when the test ends. */
async function editFile(path: string): Promise<(change: (before: string) => string) => Promise<void>> {
  const file = join(inject('endpoints').manifestRoot, path)
  const before = await readFile(file, 'utf8')
  onTestFinished(() => writeFile(file, before))
  return async change => {
    const after = change(before)
    expect(parseAllDocuments(after).flatMap(({ errors }) => errors)).toEqual([])
    await writeFile(file, after)
  }
}

function replaceOnce(text: string, from: string, to: string): string {
  expect(text.split(from)).toHaveLength(2)
  return text.replace(from, to)
}

async function partitionsOf(topic: string): Promise<number | undefined> {
  return withAdmin(inject('endpoints').kafka.bootstrap.split(','), async admin => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions.length
  })
}

/** Of the object's Ready condition, as kubectl shows it. */
async function reasonOf(topic: string): Promise<string | undefined> {
  const kubeconfig = Kubeconfig.parse(parse(await readFile(inject('endpoints').kubeconfig, 'utf8')))
  const path = `apis/kafka.strimzi.io/v1/namespaces/students/kafkatopics/${topic}`
  const object = KafkaTopic.parse((await send('GET', `${kubeconfig.clusters[0]?.cluster.server}/${path}`)).json())
  return object.status.conditions.find(({ type }) => type === 'Ready')?.reason
}

async function pids(): Promise<Record<string, number | null>> {
  const endpoints = await readEndpoints(inject('stateDirectory'))
  return Object.fromEntries(Object.entries(endpoints?.functions ?? {}).map(([name, { pid }]) => [name, pid]))
}

async function environmentOf(name: string): Promise<Record<string, string>> {
  const pid = (await pids())[name]
  const text = await readFile(`/proc/${pid}/environ`, 'utf8')
  return Object.fromEntries(
    text
      .split('\0')
      .map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
  )
}
