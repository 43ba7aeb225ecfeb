// YAML of a test, written into a folder of its own and loaded.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { loadPlan, type LoadOptions } from './load-plan.ts'
import { formatProblems } from './problem.ts'

export function source(spec: string, name = 'orders'): string {
  return `{ apiVersion: sources.knative.dev/v1, kind: KafkaSource, metadata: { name: ${name} }, spec: { bootstrapServers: [localhost:9092], ${spec} } }\n`
}

export function service(name: string, template: string): string {
  return `{ apiVersion: serving.knative.dev/v1, kind: Service, metadata: { name: ${name} }, spec: { template: { ${template} spec: { containers: [{ image: example.com/${name} }] } } } }\n`
}

export const brokerConfig = `apiVersion: v1
kind: ConfigMap
metadata: { name: events }
data: { default.topic.partitions: "3", default.topic.replication.factor: "2", bootstrap.servers: "localhost:9092, localhost:9093", default.topic.config.retention.ms: "1000" }
`

export function broker(more: string, annotations = '{ eventing.knative.dev/broker.class: Kafka }'): string {
  return `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: events, annotations: ${annotations} }
spec: { config: { apiVersion: v1, kind: ConfigMap, name: events }${more === '' ? '' : `, ${more}`} }
`
}

export function trigger(name: string, more: string): string {
  return `apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: ${name} }
spec: { broker: events, subscriber: { uri: http://example.com }${more === '' ? '' : `, ${more}`} }
`
}

/** Loads files that are written for the test; `text` names them without the directory. */
export async function load(files: Readonly<Record<string, string>>, options: LoadOptions = {}, paths = ['.']) {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), content)
  }
  const result = await loadPlan(
    paths.map(path => join(directory, path)),
    options
  )
  return {
    ...result,
    text: formatProblems(result.problems).replaceAll(`${directory}/`, ''),
    errors: result.problems.filter(({ level }) => level === 'error')
  }
}
