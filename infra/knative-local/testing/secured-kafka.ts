// A real broker with an authorizer and a listener for each way to secure one. Nobody but the superuser, who comes by the plain
// listener, may do anything that no ACL allows.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { pino } from 'pino'
import { freePorts } from './free-ports.ts'
import { fetchJars } from '../parts/jars.ts'
import { findJava } from '../parts/java.ts'
import { createBroker } from '../parts/kafka.ts'
import { openProcesses } from '../parts/processes.ts'
import { until } from '../parts/until.ts'
import { connectKafka } from '../dataplane/kafka.ts'
import { type Authority, createAuthority } from './certificates.ts'

// Node finds no such names in kafkajs, which is CommonJS.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

/** Each a HOST:PORT. */
export interface SecuredListeners {
  /** SASL_SSL: SCRAM-SHA-512 and SCRAM-SHA-256. */
  readonly scram: string
  /** SASL_PLAINTEXT: PLAIN. */
  readonly plain: string
  /** SSL, which asks for a certificate. */
  readonly mutual: string
  /** As `scram`, with a certificate that has expired. */
  readonly expired: string
  /** PLAINTEXT, and sends its clients to where nobody is. */
  readonly elsewhere: string
}

export interface SecuredKafka {
  readonly listeners: SecuredListeners
  readonly authority: Authority
  /** The superuser's. */
  readonly kafka: Kafka
  readonly admin: Admin
  allow(
    user: string,
    type: 'topic' | 'group',
    name: string,
    ...operations: ('READ' | 'WRITE' | 'DESCRIBE')[]
  ): Promise<void>
  stop(): Promise<void>
}

/** Of every user. */
export const password = 'right'
/** Where `elsewhere` sends its clients. */
export const nowhere = '127.0.0.1:9'

/** `users` may come by SCRAM and by PLAIN. */
export async function startSecuredKafka(users: readonly string[]): Promise<SecuredKafka> {
  const state = await mkdtemp(join(tmpdir(), 'secured-kafka-'))
  const processes = openProcesses(state)
  const authority = await createAuthority('test-ca')
  const clean = async (): Promise<void> => {
    processes.killAll()
    await processes.close()
    await authority.remove()
    await rm(state, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const java = await findJava()
    const jars = await fetchJars(java, () => {})
    const [port = 0, controllerPort = 0, ...free] = await freePorts(7)
    const [scram = 0, plain = 0, mutual = 0, expired = 0, elsewhere = 0] = free
    const ports = { id: 1, port, controllerPort }
    const broker = await createBroker(java, jars, processes, ports, {
      directory: state,
      brokers: [ports],
      config: {
        'listener.security.protocol.map':
          'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,PLAIN:SASL_PLAINTEXT,MUTUAL:SSL,EXPIRED:SASL_SSL,ELSEWHERE:PLAINTEXT',
        'inter.broker.listener.name': 'PLAINTEXT',
        'sasl.enabled.mechanisms': 'SCRAM-SHA-512,SCRAM-SHA-256,PLAIN',
        ...tls('scram', await authority.issue('broker'), authority),
        ...tls('mutual', await authority.issue('broker'), authority),
        'listener.name.mutual.ssl.client.auth': 'required',
        ...tls('expired', await authority.issue('broker', -1), authority),
        ...scramLogin('scram'),
        ...scramLogin('expired'),
        'listener.name.plain.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.plain.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users.map(user => `user_${user}="${password}"`).join(' ')};`,
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        'offsets.topic.replication.factor': '1',
        'transaction.state.log.replication.factor': '1',
        'transaction.state.log.min.isr': '1',
        'auto.create.topics.enable': 'false'
      },
      listeners: [
        { name: 'SCRAM', port: scram },
        { name: 'PLAIN', port: plain },
        { name: 'MUTUAL', port: mutual },
        { name: 'EXPIRED', port: expired },
        { name: 'ELSEWHERE', port: elsewhere, advertised: nowhere }
      ],
      format: users.flatMap(user =>
        ['SCRAM-SHA-512', 'SCRAM-SHA-256'].flatMap(mechanism => [
          '--add-scram',
          `${mechanism}=[name=${user},password=${password}]`
        ])
      ),
      report: () => {},
      pidChanged: () => {}
    })
    await broker.start()
    await broker.answers()
    const kafka = connectKafka([`127.0.0.1:${port}`], 'test', pino({ enabled: false }))
    const admin = kafka.admin()
    await until('the broker', 60_000, async () => {
      await admin.connect()
      return (await admin.describeCluster()).brokers.length === 1
    })
    const at = (own: number): string => `127.0.0.1:${own}`
    return {
      listeners: {
        scram: at(scram),
        plain: at(plain),
        mutual: at(mutual),
        expired: at(expired),
        elsewhere: at(elsewhere)
      },
      authority,
      kafka,
      admin,
      allow: async (user, type, name, ...operations) => {
        const acl = operations.map(operation => ({
          principal: `User:${user}`,
          host: '*',
          permissionType: AclPermissionTypes.ALLOW,
          resourceType: type === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
          resourceName: name,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          operation: AclOperationTypes[operation]
        }))
        await admin.createAcls({ acl })
      },
      stop: async () => {
        await admin.disconnect()
        await broker.stop()
        await clean()
      }
    }
  } catch (error) {
    await clean()
    throw error
  }
}

function tls(
  listener: string,
  { certificate, key }: Awaited<ReturnType<Authority['issue']>>,
  authority: Authority
): Record<string, string> {
  const prefix = `listener.name.${listener}.ssl`
  return {
    [`${prefix}.keystore.type`]: 'PEM',
    [`${prefix}.keystore.certificate.chain`]: certificate,
    [`${prefix}.keystore.key`]: key,
    [`${prefix}.truststore.type`]: 'PEM',
    [`${prefix}.truststore.certificates`]: authority.certificate
  }
}

function scramLogin(listener: string): Record<string, string> {
  const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  return {
    [`listener.name.${listener}.sasl.enabled.mechanisms`]: 'SCRAM-SHA-512,SCRAM-SHA-256',
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: login,
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: login
  }
}
