// The same API asked by a real kubectl. Without one on the PATH these tests are skipped, and said to be; on CI that is an error.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { serveForTest } from './serve-for-test.ts'

const run = promisify(execFile)
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false
)

test('kubectl is there where it must be', () => {
  expect(hasKubectl || process.env.CI === undefined).toBe(true)
})

describe.runIf(hasKubectl)('kubectl', () => {
  test('get prints the columns of the custom resource definition', async () => {
    const { kubectl, set } = await start()
    set('KafkaSource', 'orders', { ready: 'False', reason: 'ConsumerGroup' })
    expect(await kubectl('get', 'kafkasources')).toEqual([
      'NAME     TOPICS                 BOOTSTRAPSERVERS     READY   REASON          AGE',
      'audit    ["orders"]             ["localhost:9092"]                           0s',
      'orders   ["orders","returns"]   ["localhost:9092"]   False   ConsumerGroup   0s'
    ])
  })

  test('get takes several kinds, short names, categories and all namespaces', async () => {
    const { kubectl } = await start()
    expect(await kubectl('get', 'ksvc,brokers,triggers,kafkatopics', '-A', '-o', 'name')).toEqual([
      'service.serving.knative.dev/handler',
      'broker.eventing.knative.dev/events',
      'trigger.eventing.knative.dev/orders',
      'kafkatopic.kafka.strimzi.io/orders'
    ])
    expect(await kubectl('get', 'kt', '-o', 'name')).toEqual(['kafkatopic.kafka.strimzi.io/orders'])
    expect(await kubectl('get', 'sources', '-o', 'name')).toEqual([
      'kafkasource.sources.knative.dev/audit',
      'kafkasource.sources.knative.dev/orders'
    ])
  })

  test('get -o wide, jsonpath, yaml and a label work as ever', async () => {
    const { kubectl } = await start()
    expect((await kubectl('get', 'broker', '-o', 'wide'))[0]).toMatch(/NAME +URL +AGE +READY +REASON +CLASS/)
    expect(await kubectl('get', 'kafkasource', 'orders', '-o', 'jsonpath={.spec.topics}')).toEqual([
      '["orders","returns"]'
    ])
    expect(await kubectl('get', 'kafkasource', 'orders', '-o', 'yaml')).toContain('  consumerGroup: orders')
    expect(await kubectl('get', 'kafkasource', '-l', 'team=red', '-o', 'name')).toEqual([
      'kafkasource.sources.knative.dev/audit'
    ])
  })

  test('get of what is not there says so', async () => {
    const { kubectl } = await start()
    await expect(kubectl('get', 'kafkasource', 'nope')).rejects.toThrow(
      'Error from server (NotFound): kafkasources.sources.knative.dev "nope" not found'
    )
  })

  test('get -w prints a line when the state changes', async () => {
    const { set, environment, flags } = await start()
    const watching = spawn('kubectl', [...flags, 'get', 'kafkasource', 'orders', '-w', '--no-headers'], {
      env: environment
    })
    onTestFinished(() => void watching.kill())
    let output = ''
    watching.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    await vi.waitFor(() => expect(output).toContain('orders'), { timeout: 10_000 })
    // What changes before kubectl watches is in the first event of its watch, which it does not print for a single object.
    let changes = 0
    const change = () => {
      set('KafkaSource', 'orders', { ready: 'False', reason: `Rebalancing${++changes}` })
      expect(output).toMatch(/False +Rebalancing/)
    }
    await vi.waitFor(change, { timeout: 10_000, interval: 100 })
  })

  test('wait sees an object become ready', async () => {
    const { kubectl, set } = await start()
    const waiting = kubectl('wait', '--for=condition=Ready', 'kafkasource/orders', '--timeout=20s')
    set('KafkaSource', 'orders', { ready: 'True' })
    expect(await waiting).toEqual(['kafkasource.sources.knative.dev/orders condition met'])
  })

  test('describe shows the conditions, and no events', async () => {
    const { kubectl, set } = await start()
    set('KafkaSource', 'orders', { ready: 'False', reason: 'ConsumerGroup', message: 'the group is rebalancing' })
    const description = (await kubectl('describe', 'kafkasource', 'orders')).join('\n')
    expect(description).toMatch(/Message: +the group is rebalancing/)
    expect(description).toMatch(/Events: +<none>/)
  })

  test('api-resources lists what is served', async () => {
    const { kubectl } = await start()
    expect((await kubectl('api-resources', '--no-headers')).map(line => line.replaceAll(/ +/g, ' '))).toEqual(
      expect.arrayContaining([
        'kafkasources sources.knative.dev/v1 true KafkaSource',
        'services kservice,ksvc serving.knative.dev/v1 true Service',
        'policies example.com/v1 true Policy'
      ])
    )
  })

  test.for([
    ['kafkasource', /GROUP: +sources\.knative\.dev\nKIND: +KafkaSource\nVERSION: +v1\n/],
    ['kafkasource.spec.delivery', /backoffPolicy\s+<string>/],
    ['kafkatopic.spec.partitions', /FIELD: partitions <integer>/],
    ['ksvc.spec.template.spec.containers', /FIELD: containers <\[\]Object>/],
    ['configmap.data', /FIELD: data <map\[string\]string>/],
    ['policies.metadata', /FIELD: metadata <Object>/]
  ] as const)('explain %s says its fields and types', async ([path, says]) => {
    const { kubectl } = await start()
    expect((await kubectl('explain', path)).join('\n')).toMatch(says)
  })

  test('explain of a field that there is not says so', async () => {
    const { kubectl } = await start()
    await expect(kubectl('explain', 'kafkasource.spec.consumerGruop')).rejects.toThrow(
      'field "consumerGruop" does not exist'
    )
  })

  test.for([
    ['delete', 'kafkasource', 'orders'],
    ['label', 'kafkasource', 'orders', 'a=b'],
    ['patch', 'ksvc', 'handler', '--type=merge', '-p', '{}']
  ])('%s is refused with the file to edit', async ([...arguments_]) => {
    const { kubectl } = await start()
    await expect(kubectl(...arguments_)).rejects.toThrow(
      /Error from server \(MethodNotAllowed\): this API is read-only\. Edit .*all\.yaml/
    )
  })
})

async function start() {
  const served = await serveForTest()
  const home = await mkdtemp(join(tmpdir(), 'kubectl-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const environment = { PATH: process.env.PATH, HOME: home, KUBECONFIG: served.kubeconfigPath }
  const flags = [`--cache-dir=${join(home, 'cache')}`]
  return {
    ...served,
    environment,
    flags,
    /** The lines that it prints; rejects with what it says on failure. */
    async kubectl(...arguments_: string[]): Promise<string[]> {
      const { stdout } = await run('kubectl', [...flags, ...arguments_], { env: environment })
      return stdout.trimEnd().split('\n')
    }
  }
}
