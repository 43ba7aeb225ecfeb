// What knative/*.yaml and the functions' declarations say, as far as other files follow from it.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import * as z from 'zod'
import type { Declaration } from '../../functions/runtime/declaration.ts'
import { projectDirectory } from '../bundle.ts'
import { readDeclarations } from './declarations.ts'

const Named = z.object({ metadata: z.object({ name: z.string() }) })
const DeadLetters = z.object({ deadLetterSink: z.object({ ref: z.object({ name: z.string() }) }) })
const Service = Named.extend({
  spec: z.object({
    template: z.object({
      metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
      spec: z.object({
        containers: z.tuple([
          z.object({ env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })) })
        ])
      })
    })
  })
})
const KafkaSource = Named.extend({
  spec: z.object({
    topics: z.array(z.string()),
    consumerGroup: z.string(),
    delivery: DeadLetters,
    ceOverrides: z.object({ extensions: z.object({ function: z.string().optional() }) }).optional()
  })
})
const KafkaSink = Named.extend({ spec: z.object({ topic: z.string() }) })
const Broker = Named.extend({ spec: z.object({ delivery: DeadLetters }) })
const Trigger = Named.extend({
  spec: z.object({
    broker: z.string(),
    filters: z.array(z.object({ exact: z.object({ type: z.string() }) })),
    delivery: DeadLetters.optional()
  })
})

export interface DeclaredFunction {
  /** Of its Service: on-student-create. */
  readonly name: string
  /** Of its folder, from FUNCTION_TARGET: onStudentCreate. */
  readonly target: string
  readonly declaration: Declaration
  /** To the database, at its max-scale. */
  readonly connections: number
  /** Of its outbox: its variables that end in _TOPIC. */
  readonly topics: ReadonlyMap<string, string>
}

export interface Declared {
  /** Names in knative/, in the order of its kustomization. */
  readonly files: readonly string[]
  readonly functions: readonly DeclaredFunction[]
  readonly sources: readonly {
    readonly name: string
    readonly topics: readonly string[]
    readonly group: string
    readonly deadLetterSink: string
    /** Its events carry the name of their function: the audit follows them. */
    readonly isFollowed: boolean
  }[]
  readonly triggers: readonly {
    readonly name: string
    readonly types: readonly string[]
    readonly deadLetterSink: string
  }[]
  readonly sinks: readonly { readonly name: string; readonly topic: string }[]
}

export async function readDeclared(
  folder = join(projectDirectory, 'knative'),
  declarations?: readonly Declaration[]
): Promise<Declared> {
  const known = declarations ?? (await readDeclarations())
  const files = await filesInOrder(folder)
  const objects: { kind: string; object: unknown }[] = []
  for (const file of files) {
    for (const document of parseAllDocuments(await readFile(join(folder, file), 'utf8'))) {
      const object: unknown = document.toJS()
      objects.push({ kind: z.object({ kind: z.string() }).parse(object).kind, object })
    }
  }
  const all = <Schema extends z.ZodType>(kind: string, schema: Schema) =>
    objects.filter(found => found.kind === kind).map(({ object }) => schema.parse(object))
  const sinkOfBroker = new Map(
    all('Broker', Broker).map(({ metadata, spec }) => [metadata.name, spec.delivery.deadLetterSink.ref.name])
  )
  return {
    files,
    functions: all('Service', Service).map(({ metadata: { name }, spec }) => {
      const [{ env }] = spec.template.spec.containers
      const target = env.find(variable => variable.name === 'FUNCTION_TARGET')?.value
      if (target === undefined) throw new Error(`the Service ${name} has no FUNCTION_TARGET`)
      const declaration = known.find(({ name: declared }) => declared === target)
      if (declaration === undefined) {
        throw new Error(
          `the Service ${name} runs ${target}, and there is no functions/${target}/index.ts: write it, or delete the Service`
        )
      }
      return {
        name,
        target,
        declaration,
        connections:
          Number(env.find(variable => variable.name === 'DATABASE_POOL_SIZE')?.value ?? 0) *
          Number(spec.template.metadata.annotations['autoscaling.knative.dev/max-scale']),
        topics: new Map(
          env.flatMap(({ name: variable, value }): [string, string][] =>
            variable.endsWith('_TOPIC') && value !== undefined ? [[variable, value]] : []
          )
        )
      }
    }),
    sources: all('KafkaSource', KafkaSource).map(({ metadata: { name }, spec }) => ({
      name,
      topics: spec.topics,
      group: spec.consumerGroup,
      deadLetterSink: spec.delivery.deadLetterSink.ref.name,
      isFollowed: spec.ceOverrides?.extensions.function !== undefined
    })),
    triggers: all('Trigger', Trigger).map(({ metadata: { name }, spec }) => {
      const deadLetterSink = spec.delivery?.deadLetterSink.ref.name ?? sinkOfBroker.get(spec.broker)
      if (deadLetterSink === undefined)
        throw new Error(`the Trigger ${name} names the Broker ${spec.broker}, which is not in knative/`)
      return { name, types: spec.filters.map(({ exact }) => exact.type), deadLetterSink }
    }),
    sinks: all('KafkaSink', KafkaSink).map(({ metadata: { name }, spec }) => ({ name, topic: spec.topic }))
  }
}

/** As the kustomization has them, which is the order in which they are shown; new ones after those. */
async function filesInOrder(folder: string): Promise<string[]> {
  const found = (await readdir(folder))
    .filter(file => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .toSorted()
  const kustomization: unknown = parse(await readFile(join(folder, 'kustomization.yaml'), 'utf8'))
  const listed = z.object({ resources: z.array(z.string()).nullish() }).parse(kustomization).resources ?? []
  return [...listed.filter(file => found.includes(file)), ...found.filter(file => !listed.includes(file))]
}
