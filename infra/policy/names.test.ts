// One name for one thing: folder, FUNCTION_TARGET, Service, YAML file, image and func.yaml agree.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getTableConfig } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import onAnyStudent from '../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../functions/onStudentCreate/index.ts'
import onStudentUpdate from '../../functions/onStudentUpdate/index.ts'
import { outbox } from '../../functions/runtime/tables.ts'
import { CreateStudentSchema } from '../../schemas/generated/school/student/v1/create_student_pb.ts'
import { DeleteStudentSchema } from '../../schemas/generated/school/student/v1/delete_student_pb.ts'
import { ReplayDeadLettersSchema } from '../../schemas/generated/school/student/v1/replay_dead_letters_pb.ts'
import { UpdateStudentSchema } from '../../schemas/generated/school/student/v1/update_student_pb.ts'
import { functionNames, functionsDirectory, projectDirectory } from '../bundle.ts'
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

const names = await functionNames()
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

test('a source that overrides `function` names the function it delivers to', () => {
  const overriding = objectsOf('dev', kafkaSource, KafkaSource).filter(({ spec }) => spec.ceOverrides)
  expect(overriding.map(({ metadata }) => metadata.name)).toEqual([
    'on-any-student',
    'on-student-create',
    'on-student-delete',
    'on-student-update'
  ])
  for (const { spec } of overriding) {
    expect(dashed(spec.ceOverrides?.extensions.function ?? '')).toBe(spec.sink.ref.name)
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

test('a function calls itself what its source calls it', () => {
  const overrides = new Map(
    objectsOf('dev', kafkaSource, KafkaSource).map(({ metadata, spec }) => [
      metadata.name,
      spec.ceOverrides?.extensions.function
    ])
  )
  for (const { name } of [onStudentCreate, onStudentUpdate, onAnyStudent]) {
    expect(overrides.get(dashed(name))).toBe(name)
  }
})

test('each Trigger waits for a command that a .proto file defines', () => {
  const commands = [CreateStudentSchema, UpdateStudentSchema, DeleteStudentSchema, ReplayDeadLettersSchema].map(
    ({ typeName }) => typeName
  )
  const types = objectsOf('dev', trigger, Trigger).flatMap(({ spec }) => spec.filters.map(({ exact }) => exact.type))
  expect(types.toSorted()).toEqual(commands.toSorted())
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
