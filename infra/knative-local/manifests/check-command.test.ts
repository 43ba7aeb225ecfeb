import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkCommand } from './check-command.ts'

test('warnings are printed and leave the exit status 0', async () => {
  const { status, text, file } = await check(
    '{ apiVersion: sources.knative.dev/v1, kind: KafkaSource, metadata: { name: a }, spec: { bootstrapServers: [a:1], topics: [a], consumerGroup: a, initialOffset: earliest, sink: { uri: http://example.com } } }'
  )
  expect(text).toContain(`${file}:1 warning spec.delivery: no delivery:`)
  expect(text).toMatch(/1 object: no errors, 1 warning\n$/)
  expect(status).toBe(0)
})

test('errors are printed with place and path and make the exit status 1', async () => {
  const { status, text, file } = await check('apiVersion: v1\nkind: Secret\nmetadata: { name: A }\n')
  expect(text).toMatch(new RegExp(`^${file}:3 error metadata\\.name: .*\\n1 error, no warnings\\n$`))
  expect(status).toBe(1)
})

test('what the file names and does not declare is distinguished from errors, and leaves the exit status 0', async () => {
  const { status, text } = await check(
    '{ apiVersion: sources.knative.dev/v1, kind: KafkaSource, metadata: { name: a, namespace: shop }, spec: { bootstrapServers: [a:1], topics: [a], consumerGroup: a, initialOffset: earliest, sink: { ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: on-order } } } }'
  )
  expect(text).toContain('missing spec.sink.ref.name: no file declares the Service shop/on-order')
  expect(text).toContain('--resolve shop/')
  expect(text).toMatch(/object: no errors, 1 missing, .*\n$/)
  expect(status).toBe(0)
})

const secured = (secretKey: string) => `apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: a, namespace: shop }
spec:
  bootstrapServers: [a:1]
  topics: [a]
  consumerGroup: a
  initialOffset: earliest
  sink: { uri: 'http://example.com' }
  net:
    sasl:
      enable: true
      user: { secretKeyRef: { name: kafka, key: user } }
      password: { secretKeyRef: { name: kafka, key: ${secretKey} } }
---
apiVersion: eventing.knative.dev/v1alpha1
kind: KafkaSink
metadata: { name: s, namespace: shop }
spec: { topic: t, bootstrapServers: [a:1], auth: { secret: { ref: { name: of-sink } } } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: of-broker, namespace: shop }
data: { bootstrap.servers: 'a:1', default.topic.partitions: '1', default.topic.replication.factor: '1', auth.secret.ref.name: of-broker }
---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: default, namespace: shop, annotations: { eventing.knative.dev/broker.class: Kafka } }
spec: { config: { apiVersion: v1, kind: ConfigMap, name: of-broker } }
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: f, namespace: shop }
spec:
  template:
    spec:
      containers:
        - image: example.com/function
          env:
            - { name: URL, valueFrom: { secretKeyRef: { name: of-service, key: url } } }
            - { name: MORE, valueFrom: { secretKeyRef: { name: not-needed, key: url, optional: true } } }
          envFrom: [{ secretRef: { name: of-service } }]
`
const ofOperators = `---
apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata: { name: of-sink, namespace: shop, labels: { strimzi.io/cluster: c } }
spec: { authentication: { type: scram-sha-512 } }
`
const secret =
  'apiVersion: v1\nkind: Secret\nmetadata: { name: kafka, namespace: shop }\nstringData: { user: u, password: p }\n'

test('a Secret that no file declares is missing, once for all places that name it, and --secret says that it is elsewhere', async () => {
  const { status, text } = await check(secured('password'))
  expect(status).toBe(0)
  expect(
    text
      .split('\n')
      .filter(line => line.includes('Secret'))
      .map(line => line.replace(/^.*? missing /, ''))
  ).toEqual([
    'spec.net.sasl.user.secretKeyRef.name: no file declares the Secret shop/kafka, which 2 places name. If it is in the cluster: --secret shop/kafka',
    'spec.auth.secret.ref.name: no file declares the Secret shop/of-sink. If it is in the cluster: --secret shop/of-sink',
    'data[auth.secret.ref.name]: no file declares the Secret shop/of-broker. If it is in the cluster: --secret shop/of-broker',
    expect.stringMatching(
      /^spec\.template\.spec\.containers\[0\]\.\S+: no file declares the Secret shop\/of-service, which 2 places name/
    )
  ])
  const secrets = new Set(['shop/of-sink', 'shop/of-broker', 'shop/of-service'])
  expect((await check(`${secured('password')}---\n${secret}`, false, secrets)).text).not.toMatch(/Secret|missing/)
})

test('a Secret that an operator makes for an object of the files is not missing', async () => {
  expect((await check(secured('password'))).text).toContain('shop/of-sink')
  expect((await check(`${secured('password')}${ofOperators}`)).text).not.toContain('shop/of-sink')
})

test('a key that a declared Secret lacks is an error', async () => {
  const { status, text } = await check(`${secured('passwrd')}---\n${secret}`)
  expect(text).toContain(
    'error spec.net.sasl.password.secretKeyRef.name: the Secret shop/kafka has no key "passwrd"; did you mean "password"?'
  )
  expect(status).toBe(1)
})

test('colours appear only where they are asked for', async () => {
  const escape = '\u001B['
  expect((await check('kind: Secret\n')).text).not.toContain(escape)
  expect((await check('kind: Secret\n', true)).text).toContain(escape)
})

async function check(content: string, colour = false, secrets: ReadonlySet<string> = new Set()) {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'a.yaml')
  await writeFile(file, content)
  let text = ''
  const status = await checkCommand([file], {
    write: more => {
      text += more
    },
    colour,
    secrets
  })
  return { status, text, file }
}
