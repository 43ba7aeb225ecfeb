// One Kafka Connect worker with Debezium, for a KafkaConnect object, and the connectors that the YAML gives it.
import { join } from 'node:path'
import { type ObjectState, stateKey } from '../kubernetes-api/live-state.ts'
import { withBrokersForConnect } from '../parts/kafka/broker-count.ts'
import { connectConfig } from '../parts/cluster-config.ts'
import { createConnect } from '../parts/connect/connect.ts'
import { localiseConnector } from '../parts/connect/connector-config.ts'
import type { ConnectorStatus } from '../parts/connect/connectors.ts'
import { rootCause } from '../parts/connect/root-cause.ts'
import { kafkaPart } from './kafka.ts'
import { later, notReady, type Part } from './part.ts'
import { pidOf, serverProcess } from './part-process.ts'
import { postgresPart } from './postgres.ts'

const port = 5

export const connectPart: Part = {
  name: 'connect',
  needs: [kafkaPart, postgresPart],
  isWanted: ({ objects }) => objects.some(({ kind }) => kind === 'KafkaConnect'),
  ports: () => ({ [port]: 'Kafka Connect' }),
  files: ['connect'],
  async begin(context) {
    const { progress, processes, report, pidChanged, secrets, plan } = context
    const kafka = context.running(kafkaPart)
    const postgres = context.running(postgresPart)
    const { java, jars } = await context.java()
    const bootstrap = kafka?.bootstrap ?? []
    const connect = await createConnect(java, jars, processes, {
      directory: join(context.stateDirectory, 'connect'),
      port: context.port(port),
      bootstrap,
      config: withBrokersForConnect(connectConfig(plan().objects), kafka?.brokers ?? 1),
      localise: config => localiseConnector(config, { databaseUrl: postgres?.databaseUrl(), bootstrap }),
      secrets,
      report,
      pidChanged
    })
    await connect.start()
    const before = [progress.step('Kafka Connect answers', connect.answers), kafka?.topicsMade, postgres?.migrated]
    const ready = later(
      Promise.all(before).then(() => progress.step('connectors run', () => connect.apply(plan().kafkaConnectors)))
    )

    return {
      ready,
      processes: () => [
        serverProcess('connect', connect.address.url, connect, async () => {
          refuseUnhealthyConnectors(await connect.status())
          return true
        })
      ],
      endpoints: () => ({ connect: { ...connect.address, pid: pidOf(connect.process()) ?? null } }),
      async states({ objects, kafkaConnectors }) {
        const connectors = await connect.status().catch(() => undefined)
        const worker = connectors ? { ready: 'True' as const } : notReady('the worker does not answer')
        return [
          ...objects
            .filter(({ kind }) => kind === 'KafkaConnect')
            .map(({ kind, metadata }) => [stateKey(kind, metadata.namespace, metadata.name), worker] as const),
          ...kafkaConnectors.map(
            ({ namespace, name }) =>
              [
                stateKey('KafkaConnector', namespace, name),
                connectorState(connectors?.find(one => one.name === name))
              ] as const
          )
        ]
      },
      apply: edited => connect.apply(edited.kafkaConnectors),
      stop: connect.stop
    }
  }
}

/** @throws with the connectors that do not run, and why */
export function refuseUnhealthyConnectors(connectors: readonly ConnectorStatus[]): void {
  const problems = connectors.flatMap(({ name, connector, tasks, failure }) => {
    const failed = [connector, ...tasks].find(({ state }) => state === 'FAILED')
    if (failure || failed) return [`connector ${name} failed: ${failure?.reason ?? rootCause(failed?.trace)}`]
    const states = tasks.map(({ state }) => state)
    if (states.length === 0) return [`connector ${name} has no task`]
    return states.every(state => state === 'RUNNING') ? [] : [`connector ${name} is ${states.join(', ')}`]
  })
  if (problems.length > 0) throw new Error(problems.join('; '))
}

function connectorState(connector: ConnectorStatus | undefined): ObjectState {
  if (!connector) return notReady('the worker does not answer')
  const { failure, ...connectorStatus } = connector
  const status = {
    connectorStatus,
    tasksMax: connector.tasks.length,
    ...(failure && { autoRestart: { count: failure.restarts, connectorName: connector.name } })
  }
  const failed = [connector.connector, ...connector.tasks].find(({ state }) => state === 'FAILED')
  const reason = failure?.reason ?? (failed && rootCause(failed.trace))
  return reason === undefined
    ? { ready: 'True', status }
    : { ready: 'False', reason: 'ConnectorFailed', message: reason, status }
}
