// One name for one thing: folder, FUNCTION_TARGET, Service, YAML file, image and func.yaml agree.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getTableConfig } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { outbox } from '../../functions/runtime/tables/publishing.ts'
import { functionsDirectory, projectDirectory } from '../bundle.ts'
import { readDeclarations } from '../derived/declarations.ts'
import {
  environmentOf,
  KafkaConnector,
  kafkaConnector,
  KafkaSource,
  kafkaSource,
  Service,
  service,
  Trigger,
  trigger
} from './kinds.ts'
import { objectsOf } from './render.ts'

const declarations = await readDeclarations()
const names = declarations.map(({ name }) => name)
const services = objectsOf('dev', service, Service)

test('every function has a Service of its name in a file of its name, and there is no other Service', () => {
  expect(services.map(({ metadata }) => metadata.name).toSorted()).toEqual(names.map(dashed).toSorted())
  for (const name of names) {
    expect(existsSync(join(projectDirectory, 'knative', `${dashed(name)}.yaml`)), name).toBe(true)
  }
})

test('FUNCTION_TARGET, the image and the folder name the same function', () => {
  for (const { metadata, spec } of services) {
    const [container] = spec.template.spec.containers
    const target = container && environmentOf(container).FUNCTION_TARGET
    expect(names, metadata.name).toContain(target)
    expect(dashed(target ?? '')).toBe(metadata.name)
    expect(container?.image).toBe(`dev.local/students/${metadata.name}:dev`)
  }
})

test('a source of a function that keeps what it did names that function: its dead letters must', () => {
  const sources = objectsOf('dev', kafkaSource, KafkaSource)
  for (const { name, kind, database } of declarations) {
    if (kind !== 'function' || database === undefined) continue
    for (const { metadata, spec } of sources.filter(source => source.spec.sink.ref.name === dashed(name))) {
      const cure = `knative/${dashed(name)}.yaml: spec.ceOverrides.extensions.function of ${metadata.name} must be ${name}`
      expect(spec.ceOverrides?.extensions.function, cure).toBe(name)
    }
  }
  for (const { metadata, spec } of sources.filter(source => source.spec.ceOverrides)) {
    expect(dashed(spec.ceOverrides?.extensions.function ?? ''), metadata.name).toBe(spec.sink.ref.name)
  }
})

test('a Service has a database and topics as its function declares them', () => {
  for (const { name, database, publishes } of declarations) {
    const [container] =
      services.find(({ metadata }) => metadata.name === dashed(name))?.spec.template.spec.containers ?? []
    const env = (container && environmentOf(container)) ?? {}
    const files = `knative/${dashed(name)}.yaml and functions/${name}/index.ts`
    expect(
      env.DATABASE_URL !== undefined,
      `${files}: DATABASE_URL belongs to a function with a database, and to no other`
    ).toBe(database !== undefined)
    expect(
      Object.keys(env).filter(variable => variable.endsWith('_TOPIC')),
      `${files}: the variables in _TOPIC are those of \`publishes\``
    ).toEqual(Object.keys(publishes))
  }
})

test('deadLetterReplay knows the address of every function but itself', () => {
  const [container] =
    services.find(({ metadata }) => metadata.name === 'dead-letter-replay')?.spec.template.spec.containers ?? []
  const urls = container && environmentOf(container).FUNCTION_URLS
  expect(urls?.split(',').toSorted()).toEqual(
    names
      .filter(name => name !== 'deadLetterReplay')
      .map(name => `${name}=http://${dashed(name)}.students.svc.cluster.local`)
      .toSorted()
  )
})

test('a Trigger waits for what its function takes', () => {
  for (const { metadata, spec } of objectsOf('dev', trigger, Trigger)) {
    const subscriber = declarations.find(({ name }) => dashed(name) === spec.subscriber.ref.name)
    const taken = [...(subscriber?.accepts.map(({ type }) => type) ?? []), ...(subscriber?.commands ?? [])]
    for (const { exact } of spec.filters) {
      const cure = `the Trigger ${metadata.name}: functions/${subscriber?.name}/index.ts takes ${taken.join(', ')}`
      expect(taken, cure).toContain(exact.type)
    }
  }
})

test('the outbox connector places columns that the table has, none of them nullable', () => {
  const connector = objectsOf('dev', kafkaConnector, KafkaConnector).find(({ metadata }) => metadata.name === 'outbox')
  const config = connector?.spec.config ?? {}
  const placed = String(config['transforms.route.table.fields.additional.placement']).split(',')
  const used = [
    ...placed.map(placement => placement.split(':')[0]),
    ...['event.id', 'event.key', 'event.payload'].map(field => config[`transforms.route.table.field.${field}`]),
    config['transforms.route.route.by.field']
  ]
  const required = new Set(
    getTableConfig(outbox)
      .columns.filter(({ notNull }) => notNull)
      .map(({ name }) => name)
  )
  expect(used.length).toBeGreaterThan(10)
  expect(used.filter(column => !required.has(String(column)))).toEqual([])
})

const FuncYaml = z.strictObject({
  specVersion: z.literal('0.36.0'),
  name: z.string(),
  namespace: z.literal('students'),
  runtime: z.literal('typescript'),
  image: z.string(),
  created: z.string(),
  invoke: z.enum(['http', 'cloudevent']),
  deploy: z.strictObject({
    namespace: z.literal('students'),
    healthEndpoints: z.strictObject({ liveness: z.string(), readiness: z.string() })
  })
})

test('func.yaml names the Service, its image and its probes', () => {
  for (const name of names) {
    const func = FuncYaml.parse(parse(readFileSync(join(functionsDirectory, name, 'func.yaml'), 'utf8')))
    const [container] =
      services.find(({ metadata }) => metadata.name === dashed(name))?.spec.template.spec.containers ?? []
    expect(func.name).toBe(dashed(name))
    expect(func.image).toBe(container?.image)
    expect(func.deploy.healthEndpoints).toEqual({
      liveness: container?.livenessProbe?.httpGet.path,
      readiness: container?.readinessProbe?.httpGet.path
    })
  }
})

/** onStudentCreate: on-student-create */
function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}
