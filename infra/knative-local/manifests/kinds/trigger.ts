// Trigger. https://github.com/knative/eventing/blob/main/pkg/apis/eventing/v1/trigger_validation.go
import { z } from 'zod'
import { compileCesql } from '../../dataplane/cesql/compile.ts'
import { CesqlSyntaxError } from '../../dataplane/cesql/tokens.ts'
import { failsLater } from './consequence.ts'
import { deliverySchema, deliveryWarnings, toDelivery } from './delivery.ts'
import { destinationSchema, toDestination } from './destination.ts'
import type { KindReader } from './kind.ts'
import type { Delivery, Trigger, TriggerFilter } from '../plan.ts'
import { isRecord } from '../is-record.ts'
import { object, refined, rule } from '../schema.ts'

const dependencyAnnotation = 'knative.dev/dependency'
const injectionAnnotation = 'eventing.knative.dev/injection'
const orderAnnotation = 'kafka.eventing.knative.dev/delivery.order'

const attributes = rule(z.record(z.string(), z.string()), (value, report) => {
  for (const name of Object.keys(value)) {
    if (!/^[a-z][a-z0-9]*$/.test(name))
      report(
        [name],
        `invalid key name "${name}"; the name of an attribute starts with a letter and holds lower case letters and digits only`
      )
  }
})

const dialects = ['exact', 'prefix', 'suffix', 'all', 'any', 'not', 'cesql'] as const

/** Words of other filter languages; the nearest name of `and` would be any, its opposite. */
const synonyms: Readonly<Record<string, string>> = {
  and: 'all',
  every: 'all',
  allof: 'all',
  or: 'any',
  some: 'any',
  anyof: 'any',
  oneof: 'any',
  none: 'not',
  nor: 'not',
  sql: 'cesql',
  equals: 'exact'
}

const filter: z.ZodType<TriggerFilter> = z.lazy(() =>
  rule(
    object(
      {
        exact: attributes.optional(),
        prefix: attributes.optional(),
        suffix: attributes.optional(),
        all: z.array(filter).optional(),
        any: z.array(filter).optional(),
        not: filter.optional(),
        cesql: refined(z.string(), cesqlProblem).optional()
      },
      synonyms
    ),
    (value, report) => {
      const written = dialects.filter(dialect => isWritten(value[dialect]))
      if (written.length > 1)
        report(
          [],
          `one filter can have only one dialect, and this has ${written.join(' and ')}; make each a filter of its own (all of them must match)`
        )
    }
  )
)

const spec = object({
  broker: z.string().optional(),
  brokerRef: z.unknown().optional(),
  filter: object({ attributes: attributes.optional() }).optional(),
  filters: z.array(filter).optional(),
  subscriber: destinationSchema,
  delivery: deliverySchema.optional()
})

/** A Trigger that has not been given its Broker's delivery yet. */
export type TriggerInput = Omit<Trigger, 'delivery'> & { readonly delivery?: Delivery }

export const trigger: KindReader<z.output<typeof spec>, TriggerInput> = {
  spec: rule(spec, ({ broker, brokerRef }, report) => {
    if (brokerRef !== undefined)
      report(
        ['brokerRef'],
        'not supported here: a Broker of class Kafka is found by spec.broker, in the same namespace. Write broker'
      )
    else if (broker === undefined || broker === '')
      report(['broker'], 'missing field: name the Broker to take events from')
  }),
  check({ namespace, annotations }, input, report) {
    const at = (annotation: string) => ['metadata', 'annotations', annotation]
    const dependency = annotations?.[dependencyAnnotation]
    if (dependency !== undefined)
      for (const problem of dependencyProblems(dependency, namespace)) report(at(dependencyAnnotation), problem)
    const injection = annotations?.[injectionAnnotation]
    if (injection !== undefined && injection !== 'enabled' && injection !== 'disabled')
      report(at(injectionAnnotation), `invalid value: "${injection}"; use enabled or disabled`)
    else if (injection !== undefined && isRecord(input) && input.broker !== 'default')
      report(
        at(injectionAnnotation),
        `works for the Broker default only, and this Trigger is of "${String(input.broker ?? '')}"; remove the annotation`
      )
    const order = annotations?.[orderAnnotation]
    if (order === undefined || /^(un)?ordered$/i.test(order)) return
    report(
      ['metadata', 'annotations', orderAnnotation],
      `invalid value: "${order}"; use ordered or unordered${failsLater('failed to reconcile consumer group')}`
    )
  },
  read({ metadata, spec: input, origin }, warn) {
    const { name, namespace, annotations } = metadata
    for (const { field, message } of input.delivery === undefined ? [] : deliveryWarnings(input.delivery)) {
      warn(['spec', 'delivery', ...(field === '' ? [] : [field])], message)
    }
    const filterAttributes = input.filter?.attributes ?? {}
    if ((input.filters ?? []).length > 0 && Object.keys(filterAttributes).length > 0) {
      warn(['spec', 'filter'], 'not used: filters is there too, and takes its place')
    }
    return {
      name,
      namespace,
      broker: input.broker ?? '',
      consumerGroup: `knative-trigger-${namespace}-${name}`,
      ordering: annotations?.[orderAnnotation]?.toLowerCase() === 'ordered' ? 'ordered' : 'unordered',
      ...(input.filters !== undefined && { filters: input.filters }),
      filterAttributes,
      subscriber: toDestination(input.subscriber, namespace),
      ...(input.delivery !== undefined && { delivery: toDelivery(input.delivery, namespace) }),
      origin
    }
  }
}

/** An object of the Trigger's namespace that must be ready first, as JSON. */
function dependencyProblems(text: string, namespace: string): string[] {
  let reference: unknown
  try {
    reference = JSON.parse(text)
  } catch {
    // Said below, as for JSON that is no object.
  }
  if (!isRecord(reference))
    return [
      `"${text}" is not an object reference; write JSON: {"apiVersion": "sources.knative.dev/v1", "kind": "PingSource", "name": "ping"}`
    ]
  const other = reference.namespace
  const wrong = ['apiVersion', 'kind', 'name', 'namespace'].filter(
    field => reference[field] !== undefined && typeof reference[field] !== 'string'
  )
  if (wrong.length > 0) return wrong.map(field => `${field} must be a text`)
  return [
    ...(typeof other === 'string' && other !== '' && other !== namespace
      ? [`namespace must be empty or "${namespace}", that of the Trigger`]
      : []),
    ...['kind', 'name', 'apiVersion'].flatMap(field =>
      (reference[field] ?? '') === '' ? [`missing field ${field} in the object reference`] : []
    )
  ]
}

function cesqlProblem(expression: string): string | undefined {
  if (expression === '') return undefined
  try {
    compileCesql(expression)
    return undefined
  } catch (error) {
    if (!(error instanceof CesqlSyntaxError)) throw error
    return `invalid value: "${expression}" is not a CloudEvents SQL expression: ${error.message}`
  }
}

/** An empty dialect counts as absent, except `not: {}`. */
function isWritten(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return typeof value === 'object' && value !== null ? true : value !== undefined && value !== ''
}
