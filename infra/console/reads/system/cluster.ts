// The system as the Kubernetes API has it: one plan from the same objects as everywhere else, and what is said of each.
import { z } from 'zod'
import { type Plan, planOfObjects } from '../../../knative-local/plans.ts'
import type { KubernetesApi } from './kubernetes.ts'

/** The kinds that the console draws, in the versions of infra/ and knative/; a cluster without one of them has none of its objects. */
const kinds = [
  'sources.knative.dev/v1/kafkasources',
  'eventing.knative.dev/v1/brokers',
  'eventing.knative.dev/v1/triggers',
  'eventing.knative.dev/v1alpha1/kafkasinks',
  'serving.knative.dev/v1/services',
  'kafka.strimzi.io/v1/kafkatopics',
  'kafka.strimzi.io/v1/kafkaconnectors',
  'kafka.strimzi.io/v1/kafkaconnects',
  'kafka.strimzi.io/v1/kafkas',
  'postgresql.cnpg.io/v1/clusters'
] as const
/** Of one look: pages that ask at the same time see the same. */
const maxAgeMs = 1_000

export interface Condition {
  readonly ready: 'True' | 'False' | 'Unknown'
  /** In the cluster's own words; empty when there is nothing to say. */
  readonly reason: string
}

export interface ClusterView {
  readonly plan: Plan
  /** What could not be read of the objects, a line each. */
  readonly problems: readonly string[]
  /** By kind, namespace and name. */
  condition(kind: string, namespace: string, name: string): Condition
  /** `status.url` or `status.address.url` of an object. */
  urlOf(kind: string, namespace: string, name: string): string | undefined
}

const List = z.object({ apiVersion: z.string(), kind: z.string(), items: z.array(z.looseObject({})).nullable() })
const Served = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
  status: z
    .looseObject({
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional()
          })
        )
        .optional(),
      url: z.string().optional(),
      address: z.looseObject({ url: z.string().optional() }).optional()
    })
    .optional()
})
type Served = z.infer<typeof Served>

const BrokerConfig = z.looseObject({
  spec: z.looseObject({
    config: z.looseObject({ kind: z.string(), name: z.string(), namespace: z.string().optional() })
  })
})

/** Without a namespace: of all, where that is allowed. */
export function clusterReader(api: KubernetesApi, namespace: string | undefined): () => Promise<ClusterView> {
  let last: { readonly at: number; readonly view: Promise<ClusterView> } | undefined
  return () => {
    if (last === undefined || performance.now() - last.at > maxAgeMs) {
      last = { at: performance.now(), view: look(api, namespace) }
    }
    return last.view
  }
}

async function look(api: KubernetesApi, namespace: string | undefined): Promise<ClusterView> {
  const objects = (await Promise.all(kinds.map(kind => listKind(api, kind, namespace)))).flat()
  const configs = await Promise.all(
    objects.map(async object => {
      const found = BrokerConfig.safeParse(object)
      if (!found.success || found.data.spec.config.kind !== 'ConfigMap') return []
      const { name, namespace: at } = found.data.spec.config
      const own = Served.parse(object).metadata.namespace
      const config = await api.get(`/api/v1/namespaces/${at ?? own}/configmaps/${name}`)
      return config === undefined ? [] : [{ apiVersion: 'v1', kind: 'ConfigMap', ...(config as object) }]
    })
  )
  const { plan, problems } = planOfObjects([...objects, ...configs.flat()])
  const served = new Map<string, Served>()
  for (const object of objects) {
    const { data } = Served.safeParse(object)
    if (data) served.set(keyOf(data.kind, data.metadata.namespace, data.metadata.name), data)
  }
  return {
    plan,
    problems: problems
      .filter(({ level }) => level === 'error')
      .map(({ origin, path, message }) => `${origin.file} ${path}: ${message}`),
    condition: (kind, at, name) => conditionOf(served.get(keyOf(kind, at, name))),
    urlOf(kind, at, name) {
      const status = served.get(keyOf(kind, at, name))?.status
      return status?.address?.url ?? status?.url
    }
  }
}

async function listKind(api: KubernetesApi, kind: string, namespace: string | undefined): Promise<object[]> {
  const [group, version, plural] = kind.split('/')
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`
  const answer = await api.get(`/apis/${group}/${version}${within}/${plural}`)
  if (answer === undefined) return []
  const list = List.parse(answer)
  // The items of a list leave out what the list says already.
  return (list.items ?? []).map(item => ({
    apiVersion: list.apiVersion,
    kind: list.kind.replace(/List$/, ''),
    ...item
  }))
}

function conditionOf(object: Served | undefined): Condition {
  if (object === undefined) return { ready: 'Unknown', reason: 'the Kubernetes API has no such object' }
  const ready = object.status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready === undefined) return { ready: 'Unknown', reason: 'nothing is known of it yet' }
  const status = ready.status === 'True' || ready.status === 'False' ? ready.status : 'Unknown'
  return { ready: status, reason: status === 'True' ? '' : [ready.reason, ready.message].filter(Boolean).join(': ') }
}

const keyOf = (kind: string, namespace: string, name: string) => `${kind}/${namespace}/${name}`
