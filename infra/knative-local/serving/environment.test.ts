import { expect, test } from 'vitest'
import type { EnvironmentVariable, Service } from '../manifests/plan.ts'
import { createSecrets } from '../parts/secrets.ts'
import { serviceEnvironment } from './environment.ts'

const databaseUrl = 'postgres://students:word@127.0.0.1:8086/students'
const addresses = {
  http: new Map([
    ['create-student.students', 'http://127.0.0.1:8100'],
    ['schema-registry.students', 'http://127.0.0.1:8084']
  ]),
  bootstrap: new Map([['students-kafka-bootstrap.students', ['127.0.0.1:8090', '127.0.0.1:8091']]])
}
const configMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'students' },
  data: { level: 'debug' },
  origin: { file: 'settings.yaml', line: 1 }
}

test('a value without an address stays as it is written', () => {
  expect(environmentOf({ name: 'LOG_LEVEL', value: 'info' }).LOG_LEVEL).toBe('info')
})

test.each([
  ['http://schema-registry.students.svc.cluster.local:8080', 'http://127.0.0.1:8084'],
  ['http://create-student.students.svc/path?query', 'http://127.0.0.1:8100/path?query'],
  ['students-kafka-bootstrap.students.svc.cluster.local:9092', '127.0.0.1:8090,127.0.0.1:8091'],
  [
    'a=http://create-student.students.svc.cluster.local,b=http://schema-registry.students.svc.cluster.local:8080',
    'a=http://127.0.0.1:8100,b=http://127.0.0.1:8084'
  ],
  ['http://registry.example.com', 'http://registry.example.com']
])('%s becomes %s', (written, local) => {
  expect(environmentOf({ name: 'WHERE', value: written }).WHERE).toBe(local)
})

test('a key of a Secret of the database is taken from the local database', () => {
  const uri = environmentOf({
    name: 'DATABASE_URL',
    secretKeyRef: { name: 'students-db-app', key: 'uri', optional: false }
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
      { name: 'ONE', value: 'http://nobody.students.svc.cluster.local' },
      { name: 'TWO', secretKeyRef: { name: 'unknown', key: 'word', optional: false } }
    )
  expect(broken).toThrow(/knative\/a\.yaml:3 env ONE: .*nobody[\s\S]*knative\/a\.yaml:3 env TWO: Secret unknown/)
})

test('the name of the Service is given as Knative gives it', () => {
  expect(environmentOf()).toMatchObject({ K_SERVICE: 'create-student', K_CONFIGURATION: 'create-student' })
})

function environmentOf(...env: EnvironmentVariable[]): Record<string, string> {
  const service: Service = {
    name: 'create-student',
    namespace: 'students',
    env,
    envFrom: [],
    image: 'example.com/create-student',
    minScale: 1,
    maxScale: 1,
    initialScale: 1,
    containerConcurrency: 0,
    timeoutSeconds: 30,
    origin: { file: 'knative/a.yaml', line: 3 }
  }
  return serviceEnvironment(service, {
    addresses,
    secrets: createSecrets([configMap], new Map([['students-db-app', databaseUrl]]))
  })
}
