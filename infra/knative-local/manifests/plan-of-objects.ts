// A plan from objects as an API server gives them. Others wrote them too, and the cluster has taken them: what cannot be read is left
// out, and named.
import { deepFreeze } from './deep-freeze.ts'
import { planOf } from './load-plan.ts'
import { isRecord } from './is-record.ts'
import { readObjects } from './manifest-objects.ts'
import type { Plan } from './plan.ts'
import type { Problem } from './problem.ts'

export function planOfObjects(objects: readonly unknown[]): {
  readonly plan: Plan
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const manifests = objects.map(value => {
    const origin = { file: nameOf(value), line: 1 }
    return { file: origin.file, documents: [{ value, locate: () => origin }], isBroken: false, isNamed: false }
  })
  const plan = planOf(readObjects(manifests, problems), { anySink: true }, problems)
  return { plan: deepFreeze(plan), problems }
}

function nameOf(value: unknown): string {
  if (!isRecord(value) || !isRecord(value.metadata)) return 'an object'
  return `${value.kind} ${value.metadata.namespace}/${value.metadata.name}`
}
