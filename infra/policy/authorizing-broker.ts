// One real broker with Kafka's authorizer, and the users and ACLs of the production overlay as Strimzi's user operator would set them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } from 'kafkajs'
import {
  fetchJars,
  type Jars,
  findJava,
  type Java,
  createBroker,
  openProcesses,
  type Processes
} from '../knative-local/single-parts.ts'
import { until, freePorts } from '../knative-local/testing.ts'
import { KafkaTopic, kafkaTopic, KafkaUser, kafkaUser } from './kinds.ts'
import { objectsOf } from './render.ts'

const users = objectsOf('production', kafkaUser, KafkaUser)
export const userNames = users.map(({ metadata }) => metadata.name)
export const topics = objectsOf('production', kafkaTopic, KafkaTopic).map(({ spec }) => spec.topicName)
/** Every user's. */
export const password = 'test'

export interface AuthorizingBroker {
  readonly bootstrap: string
  readonly java: Java
  readonly jars: Jars
  readonly processes: Processes
  readonly state: string
  /** `admin` is the superuser. */
  clientOf(username: string): Kafka
  stop(): Promise<void>
}

/** With the topics of the overlay, one partition each. */
export async function startAuthorizingBroker(): Promise<AuthorizingBroker> {
  const state = await mkdtemp(join(tmpdir(), 'acl-test-'))
  const processes = openProcesses(state)
  const java = await findJava()
  const jars = await fetchJars(java, () => undefined)
  const [port = 0, controllerPort = 0] = await freePorts(2)
  const ports = { id: 1, port, controllerPort }
  const broker = await createBroker(java, jars, processes, ports, {
    directory: state,
    brokers: [ports],
    config: authorizing(['admin', ...userNames]),
    report: () => undefined,
    pidChanged: () => undefined
  })
  const bootstrap = `127.0.0.1:${ports.port}`
  const clientOf = (username: string) =>
    new Kafka({
      clientId: username,
      brokers: [bootstrap],
      sasl: { mechanism: 'plain', username, password },
      ssl: false,
      retry: { retries: 5, initialRetryTime: 100 },
      logLevel: logLevel.NOTHING
    })
  const stop = async () => {
    await broker.stop()
    processes.killAll()
    await processes.close()
    await rm(state, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await broker.start()
    await broker.answers()
    const admin = clientOf('admin').admin()
    await until('the broker to let its admin in', 60_000, async () => {
      await admin.connect()
      return (await admin.describeCluster()).brokers.length === 1
    })
    await admin.createTopics({ topics: topics.map(topic => ({ topic, numPartitions: 1 })), waitForLeaders: true })
    await admin.createAcls({ acl: acls() })
    // One group on each partition of the offsets topic (createBroker makes four): until it is loaded, groups there are refused.
    for (const groupId of ['a', 'b', 'c', 'd']) {
      await until('the group coordinators', 60_000, async () => {
        await admin.fetchOffsets({ groupId, topics })
        return true
      })
    }
    await admin.disconnect()
    return { bootstrap, java, jars, processes, state, clientOf, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** One broker that asks everybody for a name and a password. The controller's own listener stays open, and is a superuser's. */
function authorizing(names: readonly string[]): Record<string, string> {
  const passwords = names.map(name => `user_${name}="${password}"`).join(' ')
  return {
    'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="${password}" ${passwords};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:admin;User:ANONYMOUS',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'auto.create.topics.enable': 'false'
  }
}

/** Of all users. */
export function acls() {
  return users.flatMap(aclsOf)
}

/** A KafkaUser's ACLs as Strimzi's user operator would set them. */
function aclsOf({ metadata, spec }: (typeof users)[number]) {
  const resourceTypes: Record<string, AclResourceTypes> = {
    topic: AclResourceTypes.TOPIC,
    group: AclResourceTypes.GROUP
  }
  const operationTypes: Record<string, AclOperationTypes> = {
    Read: AclOperationTypes.READ,
    Write: AclOperationTypes.WRITE,
    Create: AclOperationTypes.CREATE,
    Delete: AclOperationTypes.DELETE,
    Describe: AclOperationTypes.DESCRIBE,
    DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS
  }
  return spec.authorization.acls.flatMap(({ resource, operations }) =>
    operations.map(operation => ({
      principal: `User:${metadata.name}`,
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: known(resourceTypes, resource.type),
      resourceName: resource.name,
      resourcePatternType:
        resource.patternType === 'prefix' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      operation: known(operationTypes, operation)
    }))
  )
}

function known<Value>(values: Readonly<Record<string, Value>>, name: string): Value {
  const value = values[name]
  if (value === undefined) throw new Error(`this test does not know ${name}`)
  return value
}
