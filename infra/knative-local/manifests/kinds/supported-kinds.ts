// Which kinds are read, which cannot run on one machine, and which are only kept.
import { judgeBuiltIn } from './built-in-kinds.ts'

/** The versions that a cluster serves of the kinds that are read here. */
export const readVersions: Readonly<Record<string, readonly string[]>> = {
  'sources.knative.dev/KafkaSource': ['v1', 'v1beta1'],
  'eventing.knative.dev/KafkaSink': ['v1alpha1'],
  'eventing.knative.dev/Broker': ['v1'],
  'eventing.knative.dev/Trigger': ['v1'],
  'serving.knative.dev/Service': ['v1'],
  'kafka.strimzi.io/KafkaTopic': ['v1'],
  'kafka.strimzi.io/KafkaConnector': ['v1']
}

/** These would carry events in a cluster: leaving them out in silence would lose events. */
const unsupported: Readonly<Record<string, string>> = {
  'flows.knative.dev/Sequence': 'a Sequence',
  'flows.knative.dev/Parallel': 'a Parallel',
  'messaging.knative.dev/Channel': 'a Channel',
  'messaging.knative.dev/InMemoryChannel': 'an InMemoryChannel',
  'messaging.knative.dev/KafkaChannel': 'a KafkaChannel',
  'messaging.knative.dev/Subscription': 'a Subscription',
  'sources.knative.dev/ApiServerSource': 'an ApiServerSource',
  'sources.knative.dev/ContainerSource': 'a ContainerSource',
  'sources.knative.dev/IntegrationSource': 'an IntegrationSource',
  'sources.knative.dev/PingSource': 'a PingSource',
  'sources.knative.dev/SinkBinding': 'a SinkBinding',
  // Of knative-extensions, each a repository of its own.
  'sources.knative.dev/AwsSqsSource': 'an AwsSqsSource',
  'sources.knative.dev/CephSource': 'a CephSource',
  'sources.knative.dev/CouchDbSource': 'a CouchDbSource',
  'sources.knative.dev/GitHubSource': 'a GitHubSource',
  'sources.knative.dev/GitLabSource': 'a GitLabSource',
  'sources.knative.dev/PrometheusSource': 'a PrometheusSource',
  'sources.knative.dev/RabbitmqSource': 'a RabbitmqSource',
  'sources.knative.dev/RedisStreamSource': 'a RedisStreamSource',
  'sinks.knative.dev/RedisStreamSink': 'a RedisStreamSink',
  'sinks.knative.dev/IntegrationSink': 'an IntegrationSink',
  'sinks.knative.dev/JobSink': 'a JobSink',
  'eventing.knative.dev/EventTransform': 'an EventTransform',
  'eventing.knative.dev/RequestReply': 'a RequestReply',
  'kafka.strimzi.io/KafkaMirrorMaker2': 'a KafkaMirrorMaker2'
}

/** Kinds of the same API groups that carry no events, or are played by the local runtime as a whole. */
const kept: Readonly<Record<string, readonly string[]>> = {
  'sources.knative.dev': [],
  'sinks.knative.dev': [],
  'flows.knative.dev': [],
  'messaging.knative.dev': [],
  'eventing.knative.dev': ['EventPolicy', 'EventType'],
  'serving.knative.dev': ['Configuration', 'Revision', 'Route', 'DomainMapping'],
  'kafka.strimzi.io': ['Kafka', 'KafkaNodePool', 'KafkaConnect', 'KafkaUser', 'KafkaBridge', 'KafkaRebalance']
}

/** Groups of operators and of what controllers write for themselves. */
const keptGroups =
  /^(operator|networking\.internal|autoscaling\.internal|caching\.internal|internal\.kafka\.eventing|samples|client|access|core)\.(knative\.dev|strimzi\.io)$/

/** Names of kinds that are not used for much else. */
const onlyKnatives = new Set(['KafkaSource', 'KafkaSink'])

function isOlderStrimzi(group: string, version: string): boolean {
  return group === 'kafka.strimzi.io' && version === 'v1beta2'
}

function olderStrimzi(kind: string): string {
  return `Strimzi 1.0 and later serve this ${kind} as kafka.strimzi.io/v1 only; its fields are the same here. Write v1`
}

export type KindVerdict =
  | { readonly verdict: 'read'; readonly key: string; readonly warning?: string }
  | { readonly verdict: 'kept'; readonly warning?: string; readonly requiresSpec?: true }
  | { readonly verdict: 'unsupported'; readonly message: string }
  | { readonly verdict: 'unknown'; readonly field: 'apiVersion' | 'kind'; readonly message: string }

export function judgeKind(apiVersion: string, kind: string): KindVerdict {
  const slash = apiVersion.indexOf('/')
  const group = slash === -1 ? '' : apiVersion.slice(0, slash)
  const version = apiVersion.slice(slash + 1)
  const key = `${group}/${kind}`
  const versions = readVersions[key]
  if (versions !== undefined) {
    if (versions.includes(version)) return { verdict: 'read', key }
    if (isOlderStrimzi(group, version)) return { verdict: 'read', key, warning: olderStrimzi(kind) }
    const removed = group === 'kafka.strimzi.io' ? '; Strimzi 1.0 removed the older ones' : ''
    return {
      verdict: 'unknown',
      field: 'apiVersion',
      message: `no matches for kind "${kind}" in version "${apiVersion}"; write ${versions.map(served => `${group}/${served}`).join(' or ')}${removed}`
    }
  }
  const article = unsupported[key]
  if (article !== undefined)
    return {
      verdict: 'unsupported',
      message: `${article} is not supported here: the local data plane runs KafkaSources, KafkaSinks, and Brokers of class Kafka with their Triggers`
    }
  const keptKinds = kept[group]
  if (keptKinds === undefined) {
    // A group of Knative that no release has: kubectl would find no such kind.
    const served = Object.entries(readVersions).find(([known]) => known.endsWith(`/${kind}`))
    const readAs = served && `${served[0].slice(0, served[0].indexOf('/'))}/${served[1][0]}`
    const noMatches = `no matches for kind "${kind}" in version "${apiVersion}"`
    const builtIn = judgeBuiltIn(group, version, kind)
    if (builtIn?.field === 'kind' && readAs === undefined)
      return { verdict: 'unknown', field: 'kind', message: noMatches }
    const isOfKnative = /(^|\.)(knative\.dev|strimzi\.io)$/.test(group) && !keptGroups.test(group)
    if (builtIn === undefined && !isOfKnative) {
      if (readAs === undefined || !onlyKnatives.has(kind)) return { verdict: 'kept' }
      return { verdict: 'kept', warning: `this ${kind} is not Knative's, and is not run here: that is ${readAs}` }
    }
    const instead = (builtIn?.field === 'apiVersion' ? builtIn.instead : undefined) ?? readAs
    return {
      verdict: 'unknown',
      field: 'apiVersion',
      message: `${noMatches}${instead === undefined ? '' : `; write ${instead}`}`
    }
  }
  if (keptKinds.includes(kind)) {
    if (group !== 'kafka.strimzi.io') return { verdict: 'kept' }
    if (version === 'v1') return { verdict: 'kept', requiresSpec: true }
    if (isOlderStrimzi(group, version)) return { verdict: 'kept', warning: olderStrimzi(kind) }
    return {
      verdict: 'unknown',
      field: 'apiVersion',
      message: `no matches for kind "${kind}" in version "${apiVersion}"; write kafka.strimzi.io/v1; Strimzi 1.0 removed the older ones`
    }
  }
  return { verdict: 'unknown', field: 'kind', message: `no matches for kind "${kind}" in "${apiVersion}"` }
}

/** Every kind that a group of Kubernetes, Knative or Strimzi has, to suggest the one that was meant. */
export function kindsOf(group: string): readonly string[] {
  const builtIn = judgeBuiltIn(group, 'v1', '')
  if (builtIn?.field === 'kind') return builtIn.known
  const of = (keys: readonly string[]) =>
    keys.filter(key => key.startsWith(`${group}/`)).map(key => key.slice(group.length + 1))
  return [...of(Object.keys(readVersions)), ...of(Object.keys(unsupported)), ...(kept[group] ?? [])]
}
