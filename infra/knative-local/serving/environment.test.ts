import { expect, test } from 'vitest'
import type { EnvironmentVariable } from '../manifests/plan.ts'
import { createSecrets } from '../parts/secrets.ts'
import { serviceEnvironment } from './environment.ts'
import { plainService } from './testing/plain-service.ts'

const databaseUrl = 'postgres://orders:word@127.0.0.1:8086/orders'
const addresses = {
  http: new Map([
    ['create-order.orders', 'http://127.0.0.1:8100'],
    ['schema-registry.orders', 'http://127.0.0.1:8084']
  ]),
  bootstrap: new Map([['orders-kafka-bootstrap.orders', ['127.0.0.1:8090', '127.0.0.1:8091']]])
}
const configMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'orders' },
  data: { level: 'debug' },
  origin: { file: 'settings.yaml', line: 1 }
}

test('a value without an address stays as it is written', () => {
  expect(environmentOf({ name: 'LOG_LEVEL', value: 'info' }).LOG_LEVEL).toBe('info')
})

test.each([
  ['http://schema-registry.orders.svc.cluster.local:8080', 'http://127.0.0.1:8084'],
  ['http://create-order.orders.svc/path?query', 'http://127.0.0.1:8100/path?query'],
  ['orders-kafka-bootstrap.orders.svc.cluster.local:9092', '127.0.0.1:8090,127.0.0.1:8091'],
  [
    'a=http://create-order.orders.svc.cluster.local,b=http://schema-registry.orders.svc.cluster.local:8080',
    'a=http://127.0.0.1:8100,b=http://127.0.0.1:8084'
  ],
  ['http://schema-registry:8081/subjects', 'http://127.0.0.1:8084/subjects'],
  ['http://schema-registry.orders:8081', 'http://127.0.0.1:8084'],
  ['orders-kafka-bootstrap:9092', '127.0.0.1:8090,127.0.0.1:8091'],
  ['orders-kafka-bootstrap.orders:9092', '127.0.0.1:8090,127.0.0.1:8091'],
  ['the words orders-kafka-bootstrap and schema-registry', 'the words orders-kafka-bootstrap and schema-registry'],
  ['http://schema-registry.other:8081', 'http://schema-registry.other:8081'],
  ['http://registry.example.com', 'http://registry.example.com'],
  ['12:30, kafka.example.com:9092', '12:30, kafka.example.com:9092']
])('%s becomes %s', (written, local) => {
  expect(environmentOf({ name: 'WHERE', value: written }).WHERE).toBe(local)
})

test('a key of a Secret of the database is taken from the local database', () => {
  const uri = environmentOf({
    name: 'DATABASE_URL',
    secretKeyRef: { name: 'orders-db-app', key: 'uri', optional: false }
  })
  expect(uri.DATABASE_URL).toBe(databaseUrl)
})

test('a key of a ConfigMap is taken from the YAML', () => {
  const read = environmentOf({
    name: 'LOG_LEVEL',
    configMapKeyRef: { name: 'settings', key: 'level', optional: false }
  })
  expect(read.LOG_LEVEL).toBe('debug')
})

test('what is missing is left out where the YAML says that it may be', () => {
  const read = environmentOf({ name: 'EXTRA', configMapKeyRef: { name: 'nowhere', key: 'x', optional: true } })
  expect(read).not.toHaveProperty('EXTRA')
})

test('every variable without a local value is named at once, with its file', () => {
  const broken = () =>
    environmentOf(
      { name: 'ONE', value: 'http://nobody.orders.svc.cluster.local' },
      { name: 'TWO', secretKeyRef: { name: 'unknown', key: 'word', optional: false } }
    )
  expect(broken).toThrow(/knative\/a\.yaml:3 env ONE: .*nobody[\s\S]*knative\/a\.yaml:3 env TWO: Secret unknown/)
})

test('the name of the Service is given as Knative gives it', () => {
  expect(environmentOf()).toMatchObject({ K_SERVICE: 'create-order', K_CONFIGURATION: 'create-order' })
})

function environmentOf(...env: EnvironmentVariable[]): Record<string, string> {
  const service = plainService('create-order', {
    namespace: 'orders',
    env,
    origin: { file: 'knative/a.yaml', line: 3 }
  })
  return serviceEnvironment(service, {
    addresses,
    secrets: createSecrets([configMap], new Map([['orders-db-app', databaseUrl]]))
  })
}
