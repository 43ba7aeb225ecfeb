// Sources and sinks as Kafka's users: who they are, what they may do, and what they show.
import type { Declared } from './declared.ts'

type Source = Declared['sources'][number]
type Sink = Declared['sinks'][number]

export function kafkaUserOfSource({ name, topics, group }: Source): string[] {
  return kafkaUser(name, [
    ...topics.flatMap(topic => acl('topic', topic, 'Read, Describe')),
    ...acl('group', group, 'Read, Describe, Delete')
  ])
}

export function kafkaUserOfSink({ name, topic }: Sink): string[] {
  return kafkaUser(name, acl('topic', topic, 'Write, Describe'))
}

/** Connect writes what functions publish through the outbox. */
export function rightsOfConnect(declared: Declared): string[] {
  return published(declared).flatMap(topic => acl('topic', topic, 'Write, Describe'))
}

/** The prune asks how long the topics keep their records that an event can come back from. */
export function rightsOfPrune(declared: Declared): string[] {
  return [...published(declared), ...declared.sinks.map(({ topic }) => topic)].flatMap(topic =>
    acl('topic', topic, 'DescribeConfigs')
  )
}

/** The audit reads what followed sources read and what sinks write, and asks how far their groups are. */
export function rightsOfAudit({ sources, sinks }: Declared): string[] {
  const sunk = sinks.map(({ topic }) => topic)
  const followed = sources.filter(({ isFollowed }) => isFollowed)
  const readers = sources.filter(({ topics }) => topics.some(topic => sunk.includes(topic)))
  const topics = new Set([...followed.flatMap(source => source.topics), ...sunk])
  const groups = new Set([...followed, ...readers].map(({ group }) => group))
  return [
    ...[...topics].flatMap(topic => acl('topic', topic, 'Read, Describe')),
    ...[...groups].flatMap(group => acl('group', group, 'Describe'))
  ]
}

export function published({ functions }: Declared): string[] {
  return [...new Set(functions.flatMap(({ topics }) => [...topics.values()]))]
}

function kafkaUser(name: string, acls: readonly string[]): string[] {
  return [
    '---',
    'apiVersion: kafka.strimzi.io/v1',
    'kind: KafkaUser',
    'metadata:',
    `  name: ${name}`,
    '  namespace: students',
    '  labels:',
    '    strimzi.io/cluster: students',
    'spec:',
    '  authentication:',
    '    type: scram-sha-512',
    '    password:',
    '      valueFrom:',
    '        secretKeyRef:',
    `          name: kafka-${name}`,
    '          key: password',
    '  authorization:',
    '    type: simple',
    '    acls:',
    ...acls.map(line => `      ${line}`)
  ]
}

function acl(type: 'topic' | 'group', name: string, operations: string): string[] {
  return [
    '- resource:',
    `    type: ${type}`,
    `    name: ${name}`,
    '    patternType: literal',
    `  operations: [${operations}]`
  ]
}

/** A patch: the source speaks by TLS, as its user. */
export function sourceAsUser({ name }: Source): string[] {
  const secret = (field: string, key: string) => [
    `      ${field}:`,
    '        secretKeyRef:',
    `          name: kafka-${name}`,
    `          key: ${key}`
  ]
  return [
    '---',
    'apiVersion: sources.knative.dev/v1',
    'kind: KafkaSource',
    'metadata:',
    `  name: ${name}`,
    '  namespace: students',
    '  annotations:',
    '    autoscaling.eventing.knative.dev/min-scale: "1" # used where KEDA is switched on (config-kafka-features), ignored elsewhere',
    '    autoscaling.eventing.knative.dev/max-scale: "4" # more consumers than partitions would have nothing to do',
    '    autoscaling.eventing.knative.dev/lag-threshold: "500" # records waiting per consumer',
    'spec:',
    '  bootstrapServers:',
    '    - students-kafka-bootstrap.students.svc.cluster.local:9093',
    '  net:',
    '    tls:',
    '      enable: true',
    '      caCert:',
    '        secretKeyRef:',
    '          name: students-cluster-ca-cert',
    '          key: ca.crt',
    '    sasl:',
    '      enable: true',
    ...secret('type', 'sasl.mechanism'),
    ...secret('user', 'user'),
    ...secret('password', 'password')
  ]
}

/** A patch: the sink speaks by TLS, as its user; the Secret holds the certificate too (infra/secrets.sh authority). */
export function sinkAsUser({ name }: Sink): string[] {
  return [
    '---',
    'apiVersion: eventing.knative.dev/v1alpha1',
    'kind: KafkaSink',
    'metadata:',
    `  name: ${name}`,
    '  namespace: students',
    'spec:',
    '  bootstrapServers:',
    '    - students-kafka-bootstrap.students.svc.cluster.local:9093',
    '  auth:',
    '    secret:',
    '      ref:',
    `        name: kafka-${name}`
  ]
}

/** Letters come to a sink from those whose delivery names it. */
export function eventPolicyOfSink({ name }: Sink, { sources, triggers }: Declared): string[] {
  const from = (
    apiVersion: string,
    kind: string,
    objects: readonly { readonly name: string; readonly deadLetterSink: string }[]
  ) =>
    objects
      .filter(({ deadLetterSink }) => deadLetterSink === name)
      .flatMap(object => [
        '    - ref:',
        `        apiVersion: ${apiVersion}`,
        `        kind: ${kind}`,
        `        name: ${object.name}`
      ])
  return [
    '---',
    'apiVersion: eventing.knative.dev/v1alpha1',
    'kind: EventPolicy',
    'metadata:',
    `  name: ${name}`,
    '  namespace: students',
    'spec:',
    '  to:',
    '    - ref:',
    '        apiVersion: eventing.knative.dev/v1alpha1',
    '        kind: KafkaSink',
    `        name: ${name}`,
    '  from:',
    ...from('sources.knative.dev/v1', 'KafkaSource', sources),
    ...from('eventing.knative.dev/v1', 'Trigger', triggers)
  ]
}
