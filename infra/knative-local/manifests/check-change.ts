// What a cluster would not let an edit change. The old and the new plan are each right alone.
import { isDeepStrictEqual } from 'node:util'
import { failsLater } from './kinds/consequence.ts'
import type { Path } from './manifest-document.ts'
import type { ManifestObject, NamespacedName, Origin, Plan } from './plan.ts'
import { formatPath, type Problem } from './problem.ts'
import { isRecord } from './is-record.ts'

const recreate = 'Delete the object and create it again, or give the new one another name'

/** A problem for each field of the edited plan that may not differ from the running one; `locate` finds its line. */
export function checkChange(
  running: Plan,
  edited: Plan,
  locate: (origin: Origin, path: Path) => Origin = origin => origin
): Problem[] {
  const problems: Problem[] = []
  const report = (level: Problem['level'], { origin }: { readonly origin: Origin }, path: Path, message: string) =>
    void problems.push({ level, origin: locate(origin, path), path: formatPath(path), message })
  const refuse = report.bind(undefined, 'error')
  /** A cluster takes the edit, and the topic stays as it is. */
  const warn = report.bind(undefined, 'warning')
  const refuseImmutable = (entry: { readonly origin: Origin }, field: string, before: unknown, after: unknown) => {
    if (isDeepStrictEqual(before, after)) return
    refuse(entry, ['spec', field], `is immutable, and was ${show(before)}. ${recreate}`)
  }

  for (const [before, after] of pairs(running.kafkaSources, edited.kafkaSources)) {
    refuseImmutable(after, 'consumerGroup', before.consumerGroup, after.consumerGroup)
  }
  for (const [before, after] of pairs(running.kafkaSinks, edited.kafkaSinks)) {
    for (const field of ['topic', 'numPartitions', 'replicationFactor'] as const) {
      refuseImmutable(after, field, before[field], after[field])
    }
  }
  for (const [before, after] of pairs(running.triggers, edited.triggers)) {
    refuseImmutable(after, 'broker', before.broker, after.broker)
  }
  for (const [before, after] of pairs(objects(running, 'Broker'), objects(edited, 'Broker'))) {
    refuseImmutable(after, 'config', spec(before.object).config, spec(after.object).config)
  }
  for (const [before, after] of pairs(objects(running, 'Service'), objects(edited, 'Service'))) {
    const [old, now] = [spec(before.object).template, spec(after.object).template]
    const name = isRecord(now) && isRecord(now.metadata) ? now.metadata.name : undefined
    if (
      name === undefined ||
      isDeepStrictEqual(old, now) ||
      name !== (isRecord(old) && isRecord(old.metadata) ? old.metadata.name : undefined)
    )
      continue
    refuse(
      after,
      ['spec', 'template', 'metadata', 'name'],
      `the template changed and its name did not: a revision is never changed. Give it another name, or leave the name out`
    )
  }
  for (const [before, after] of pairs(running.kafkaTopics, edited.kafkaTopics)) {
    const later = failsLater('NotSupported')
    if (after.partitions < before.partitions)
      warn(after, ['spec', 'partitions'], `Kafka cannot take partitions away: there are ${before.partitions}${later}`)
    if (after.replicas !== before.replicas)
      warn(
        after,
        ['spec', 'replicas'],
        `the number of replicas cannot be changed here: it is ${before.replicas}${later}, unless Cruise Control runs`
      )
    if (after.topic !== before.topic)
      refuse(after, ['spec', 'topicName'], `a topic cannot be renamed: it is ${before.topic}${later}`)
  }
  return problems
}

function pairs<Entry extends NamespacedName>(before: readonly Entry[], after: readonly Entry[]): [Entry, Entry][] {
  const old = new Map(before.map(entry => [`${entry.namespace}/${entry.name}`, entry]))
  return after.flatMap(entry => {
    const match = old.get(`${entry.namespace}/${entry.name}`)
    return match === undefined ? [] : [[match, entry] as [Entry, Entry]]
  })
}

function objects(
  plan: Plan,
  kind: string
): { namespace: string; name: string; origin: Origin; object: ManifestObject }[] {
  return plan.objects
    .filter(object => object.kind === kind && object.apiVersion.includes('knative.dev/'))
    .map(object => ({
      namespace: object.metadata.namespace,
      name: object.metadata.name,
      origin: object.origin,
      object
    }))
}

function spec(object: ManifestObject): Record<string, unknown> {
  return isRecord(object.spec) ? object.spec : {}
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : typeof value === 'string' ? value : JSON.stringify(value)
}
