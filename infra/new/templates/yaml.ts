// The YAML of a new function, as that of the others: what it does not say, knative/function/ says for all of them.
import { dashed } from '../names.ts'
import type { ProjectNames } from '../project-names.ts'
import { type FunctionPlan, topicVariable } from './code.ts'

export function manifest(plan: FunctionPlan, names: ProjectNames): string {
  const { name, kind } = plan
  const topic = plan.topics.join(', ')
  const service = dashed(name)
  const picture =
    kind === 'command'
      ? `#   POST / ──▶ ${service} ──▶ outbox ──▶ ${topic}`
      : `#   ${topic} ──▶ KafkaSource ──▶ ${service}
#   ${' '.repeat(topic.length)}          └─ 422, or 1 + 10 tries ──▶ ${names.deadLetterSink}`
  return `# ${name}: fill in what it does, in one sentence.
#
${picture}
#
# Needs: infra/kafka/topics.yaml${kind === 'command' ? '' : ', knative/dead-letter-sink.yaml'}${kind === 'plain' ? '' : ', infra/postgres'}.
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: ${service}
  namespace: ${names.namespace}
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/min-scale: "1" # the first request after a quiet minute should not pay for a cold start
        autoscaling.knative.dev/max-scale: "3"
    spec:
      containerConcurrency: 20${kind === 'command' ? '' : ' # what is under way at once, with room for replays'}
      containers:
        - name: user-container # the name that func looks for
          image: ${names.imagePrefix}${service}:dev # the overlays and skaffold put the real one here
          env:
${kind === 'plain' ? '' : databaseVariables(names.secretPrefix + service)}            - { name: FUNCTION_TARGET, value: ${name} }
            - { name: LOG_LEVEL, value: info }
${kind === 'command' ? topicValue(topic) : ''}${kind === 'command' ? '' : source(plan, names)}`
}

const databaseVariables = (
  secret: string
) => `            - { name: DATABASE_URL, valueFrom: { secretKeyRef: { name: ${secret}, key: uri } } }
            - { name: DATABASE_POOL_SIZE, value: "5" } # connections, for each of at most max-scale instances
`

const topicValue = (topic: string) => `            - { name: ${topicVariable(topic)}, value: ${topic} }
`

function source(
  { name, kind, topics }: FunctionPlan,
  { namespace, bootstrapServer, deadLetterSink }: ProjectNames
): string {
  const service = dashed(name)
  return `---
apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata:
  name: ${service}
  namespace: ${namespace}
spec:
  bootstrapServers: [${bootstrapServer}]
  topics: [${topics.join(', ')}]
  consumerGroup: ${service} # cannot be changed later; a new name reads everything again
  initialOffset: earliest # the default, latest, would skip what was written before the first start
  ordering: ${kind === 'plain' ? 'ordered # one in flight per partition' : 'unordered # many of a partition under way at once: PostgreSQL keeps the order of each entity'}
  delivery:
    # 0.4, 0.8, 1.6 ... 204.8 s apart, 7 minutes in all, then a dead letter (infra/decisions/0007)
    retry: 10
    backoffPolicy: exponential
    backoffDelay: PT0.2S # under 0.1 s Knative would not retry at all
    timeout: PT20S # per try
    deadLetterSink: { ref: { apiVersion: eventing.knative.dev/v1alpha1, kind: KafkaSink, name: ${deadLetterSink}, namespace: ${namespace} } }
  ceOverrides: { extensions: { function: ${name} } } # a dead letter must say which function failed on it
  sink: { ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: ${service}, namespace: ${namespace} } }
`
}

export function topicYaml(topic: string, { namespace, kafkaCluster }: ProjectNames): string {
  return `apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata:
  name: ${topic.replaceAll('_', '-')}
  namespace: ${namespace}
  labels:
    strimzi.io/cluster: ${kafkaCluster}
spec:
  topicName: ${topic}
  partitions: 4
  replicas: 3
  config:
    retention.ms: 604800000 # 7 days
    segment.ms: 86400000 # 1 day, as above
    min.insync.replicas: 2
    compression.type: producer # stays as Debezium wrote it: snappy
`
}

export function funcYaml({ name, kind }: FunctionPlan, { namespace, imagePrefix }: ProjectNames): string {
  const service = dashed(name)
  return `# For \`func invoke\` and \`func describe\` (also \`kn func\`) from this folder. skaffold deploys, not \`func deploy\`: the Service is
# knative/${service}.yaml, and the image is built from infra/Dockerfile.
specVersion: 0.36.0
name: ${service}
namespace: ${namespace}
runtime: typescript
image: ${imagePrefix}${service}:dev
created: ${new Date().toISOString().slice(0, 10)}T00:00:00Z
invoke: ${kind === 'command' ? 'http' : 'cloudevent'}
deploy:
  namespace: ${namespace}
  healthEndpoints:
    liveness: /health/liveness
    readiness: /health/readiness
`
}
