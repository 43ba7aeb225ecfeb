// The package as a stranger has it: packed, installed into an empty folder, and run by plain node on YAML that is not ours.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { connectKafka } from './dataplane/kafka/client.ts'
import { readEndpoints } from './endpoints.ts'
import { openProcesses } from './processes/processes.ts'
import { until } from './until.ts'
import { freePort } from './testing/free-ports.ts'
import { startTestKafka } from './testing/kafka.ts'
import { freePortBase } from './testing/stack-folder.ts'

const run = promisify(execFile)
const installTimeoutMs = 120_000
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'installed-'))
  const packed = await npm(import.meta.dirname, 'pack', '--json', '--pack-destination', folder)
  const tarball = /"filename": "([^"]+)"/.exec(packed)?.[1] ?? ''
  await npm(folder, 'install', '--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball))
}, installTimeoutMs)
afterAll(() => rm(folder, { recursive: true, force: true }))

// https://knative.dev/docs/eventing/sources/kafka-source/
const kafkaSource = `
apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata:
  name: kafka-source
  namespace: kafka-demo
spec:
  consumerGroup: knative-group
  bootstrapServers:
    - my-cluster-kafka-bootstrap.kafka:9092
  topics:
    - knative-demo-topic
  sink:
    ref:
      apiVersion: serving.knative.dev/v1
      kind: Service
      name: event-display
`

const orders = `
apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: orders, namespace: shop }
spec:
  bootstrapServers: ["kafka.shop.svc.cluster.local:9092"]
  topics: [orders]
  initialOffset: earliest
  sink:
    ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: on-order }
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: on-order, namespace: shop }
spec: { template: { spec: { containers: [{ image: registry.example.com/shop/on-order }] } } }
`

const server = `
import { createServer } from 'node:http'
createServer(async (request, response) => {
  console.log(request.headers['ce-type'], request.headers['ce-subject'], (await request.toArray()).join(''))
  response.writeHead(204).end()
}).listen(process.env.PORT, '127.0.0.1')
`

test("somebody else's KafkaSource delivers to a server of five lines", async () => {
  await writeFile(join(folder, 'source.yaml'), kafkaSource)
  await writeFile(join(folder, 'server.mjs'), server)
  const kafka = await startTestKafka(1)
  onTestFinished(kafka.stop)
  await kafka.createTopic('knative-demo-topic', 2)

  const port = await freePort()
  const events = start([join(folder, 'server.mjs')], { PORT: String(port) })
  const dataplane = start([
    join(folder, 'node_modules/.bin/knative-local'),
    'dataplane',
    '--file=source.yaml',
    `--bootstrap=${kafka.bootstrap.join(',')}`,
    `--resolve=kafka-demo/event-display=http://127.0.0.1:${port}`,
    '--ingress-port=0',
    '--sink-port=0',
    '--status-port=0'
  ])
  await until('ready', 60_000, async () => dataplane.lines.includes('ready') || dataplane.hasEnded())
  expect(dataplane.lines.join('\n')).toContain('ready')

  const producer = kafka.kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'knative-demo-topic', messages: [{ value: '{"msg": "This is a test!"}' }] })
  await producer.disconnect()
  await until('the event', 20_000, async () => events.lines.length > 0)
  expect(events.lines).toEqual([
    expect.stringMatching(/^dev\.knative\.kafka\.event partition:\d#0 \{"msg": "This is a test!"\}$/)
  ])
  expect(dataplane.lines.join('\n')).not.toContain('TimeoutNegativeWarning')
}, 120_000)

test('knative-local dev runs a Service from an entry file, with Kafka and no other part', async () => {
  const shop = join(folder, 'shop')
  const state = join(shop, '.local')
  await mkdir(shop)
  await writeFile(join(shop, 'orders.yaml'), orders)
  await writeFile(join(shop, 'on-order.mjs'), server)
  await writeFile(join(shop, 'knative-local.json'), '{ "services": { "on-order": { "entry": "on-order.mjs" } } }')
  const portBase = await freePortBase()
  const dev = start([join(folder, 'node_modules/.bin/knative-local'), 'dev', `--port-base=${portBase}`], {}, shop)
  await until('the stack', 90_000, async () => dev.hasEnded() || (await readEndpoints(state)) !== undefined)
  const endpoints = await readEndpoints(state)
  expect(endpoints, dev.lines.join('\n')).toBeDefined()
  const { kafka, postgres, connect, registry } = endpoints ?? {}
  expect([kafka?.brokers.length, postgres, connect, registry]).toEqual([1, undefined, undefined, undefined])

  const producer = connectKafka([kafka?.bootstrap ?? ''], 'test').producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ key: '7', value: 'tea' }] })
  await producer.disconnect()
  const isSeen = (line: string) => line.endsWith('on-order: dev.knative.kafka.event partition:0#0 tea')
  await until('the event', 20_000, async () => dev.lines.some(isSeen))
  expect((await dev.interrupt()).code).toBe(0)
}, 150_000)

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler']
])('its types are those of its functions, for module %s', async (module, resolution) => {
  const file = join(folder, 'use.mts')
  const faces = await namesOfFaces()
  await writeFile(
    file,
    [
      ...faces.map((name, index) => `export * as face${index} from '${name}'`),
      "import { runDev, type Project } from 'knative-local'",
      "import { startTestKafka } from 'knative-local/testing'",
      'export const brokers: number = (await startTestKafka(1)).bootstrap',
      'export const project: Project = { directory: 1 }',
      'export { runDev }'
    ].join('\n')
  )
  const repository = join(import.meta.dirname, '../..')
  const types = ['--types', 'node', '--typeRoots', join(repository, 'node_modules/@types')]
  const checked = await run(
    process.execPath,
    [
      join(repository, 'node_modules/typescript/bin/tsc'),
      '--noEmit',
      '--strict',
      '--module',
      module,
      '--moduleResolution',
      resolution,
      '--target',
      'es2024',
      ...types,
      file
    ],
    { cwd: folder }
  ).catch((error: { stdout: string }) => error)
  expect(checked.stdout.split('\n').filter(line => line.includes('error'))).toEqual([
    expect.stringContaining("'readonly string[]' is not assignable to type 'number'"),
    expect.stringContaining("'number' is not assignable to type 'string'")
  ])
})

test('every face can be imported', async () => {
  await mkdir(join(folder, 'faces'), { recursive: true })
  const names = await namesOfFaces()
  const script = names.map(name => `await import(${JSON.stringify(name)})`).join('\n')
  await writeFile(join(folder, 'faces/all.mjs'), `${script}\nconsole.log('all ${names.length}')\n`)
  const { stdout } = await run(process.execPath, [join(folder, 'faces/all.mjs')], { cwd: folder })
  expect(stdout).toBe(`all ${names.length}\n`)
})

async function namesOfFaces(): Promise<string[]> {
  const { exports } = (await import('./package.json', { with: { type: 'json' } })).default
  const modules = Object.entries(exports).filter(([, file]) => file.endsWith('.js')) // start-bundle.cjs is a program
  return modules.map(([face]) => `knative-local${face.slice(1)}`)
}

/** Without what an npm that runs this test gives its children. */
async function npm(cwd: string, ...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))
  const { stdout } = await run('npm', args, { cwd, env })
  return stdout
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = folder) {
  const processes = openProcesses(folder)
  const lines: string[] = []
  const child = processes.start({
    name: 'installed',
    command: process.execPath,
    args,
    cwd,
    env: { ...process.env, ...env },
    onLine: line => void lines.push(line)
  })
  onTestFinished(async () => {
    await child.stop(10_000)
    await processes.close()
  })
  const interrupt = () => {
    child.signal('SIGINT')
    return child.exited
  }
  return { lines, hasEnded: () => !child.isRunning(), interrupt }
}
