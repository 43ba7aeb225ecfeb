// What a new function's YAML has in common with that of the others, read from theirs.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import * as z from 'zod'
import { UsageError } from '../knative-local/command-line.ts'

const Service = z.object({
  kind: z.literal('Service'),
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([
          z.object({
            image: z.string(),
            env: z.array(
              z.object({
                name: z.string(),
                valueFrom: z.object({ secretKeyRef: z.object({ name: z.string() }) }).optional()
              })
            )
          })
        ])
      })
    })
  })
})
const KafkaSource = z.object({
  kind: z.literal('KafkaSource'),
  spec: z.object({
    bootstrapServers: z.array(z.string()),
    delivery: z.object({ deadLetterSink: z.object({ ref: z.object({ name: z.string() }) }) })
  })
})
const KafkaTopic = z.object({
  kind: z.literal('KafkaTopic'),
  metadata: z.object({ labels: z.object({ 'strimzi.io/cluster': z.string() }) })
})

export interface ProjectNames {
  readonly namespace: string
  /** Of every function's image: dev.local/students/ */
  readonly imagePrefix: string
  /** Of every function's secret with its database's address: students-db- */
  readonly secretPrefix: string
  readonly bootstrapServer: string
  readonly deadLetterSink: string
  /** Of the topics. */
  readonly kafkaCluster: string
}

/** @throws UsageError when there is no function to read them from */
export async function readProjectNames(projectDirectory: string): Promise<ProjectNames> {
  const knative = join(projectDirectory, 'knative')
  const files = (await readdir(knative)).filter(file => file.endsWith('.yaml')).map(file => join(knative, file))
  const objects = await objectsIn([...files, join(projectDirectory, 'infra/kafka/topics.yaml')])
  const services = objectsOf(Service, objects)
  const sources = objectsOf(KafkaSource, objects)
  const [topic] = objectsOf(KafkaTopic, objects)
  const prefixes = services.flatMap(({ metadata: { name, namespace }, spec: { template } }) => {
    const [{ image, env }] = template.spec.containers
    const secret = env.find(variable => variable.name === 'DATABASE_URL')?.valueFrom?.secretKeyRef.name
    const imagePrefix = image.slice(0, image.indexOf(`${name}:`))
    return secret?.endsWith(name) ? [{ namespace, imagePrefix, secretPrefix: secret.slice(0, -name.length) }] : []
  })
  const common = mostFrequent(prefixes)
  const kafka = mostFrequent(
    sources.flatMap(({ spec: { bootstrapServers, delivery } }) =>
      bootstrapServers.slice(0, 1).map(bootstrapServer => ({
        bootstrapServer,
        deadLetterSink: delivery.deadLetterSink.ref.name
      }))
    )
  )
  if (common === undefined || kafka === undefined || topic === undefined) {
    throw new UsageError(
      'A new function is named after those that are there: knative/ needs a Service with a database and a KafkaSource, infra/kafka/topics.yaml a KafkaTopic'
    )
  }
  return { ...common, ...kafka, kafkaCluster: topic.metadata.labels['strimzi.io/cluster'] }
}

async function objectsIn(files: readonly string[]): Promise<unknown[]> {
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8')))
  return texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS() as unknown))
}

const objectsOf = <Schema extends z.ZodType>(schema: Schema, objects: readonly unknown[]): z.infer<Schema>[] =>
  objects.flatMap(object => {
    const parsed = schema.safeParse(object)
    return parsed.success ? [parsed.data] : []
  })

/** Most functions' dead letters go to one sink: not those of the function that reads it. */
function mostFrequent<Value>(values: readonly Value[]): Value | undefined {
  const byText = Map.groupBy(values, value => JSON.stringify(value))
  return [...byText.values()].toSorted((a, b) => b.length - a.length)[0]?.[0]
}
