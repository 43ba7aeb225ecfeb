// A real broker with an authorizer and a listener for each way to secure one. Nobody but the superuser, who comes by the plain
// listener, may do anything that no ACL allows.
import kafkajs, { type Kafka } from 'kafkajs'
import { connectKafka } from '../dataplane/kafka/client.ts'
import { type RunningBrokers, startBrokers } from './brokers.ts'
import { type Authority, createAuthority } from './certificates.ts'
import { freePorts } from './free-ports.ts'

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
  /** As `scram`, with a certificate of another host. */
  readonly misnamed: string
  /** PLAINTEXT, and sends its clients to where nobody is. */
  readonly elsewhere: string
}

/** Whoever comes by the plain listener is the superuser. */
export interface SecuredKafka extends RunningBrokers {
  readonly listeners: SecuredListeners
  readonly authority: Authority
  /** By PLAIN. */
  clientOf(user: string): Kafka
  allow(
    user: string,
    type: 'topic' | 'group',
    name: string,
    ...operations: ('READ' | 'WRITE' | 'DESCRIBE')[]
  ): Promise<void>
}

/** Of every user. */
export const password = 'right'
/** Where `elsewhere` sends its clients. */
export const nowhere = '127.0.0.1:9'

/** `users` may come by SCRAM and by PLAIN. */
export async function startSecuredKafka(users: readonly string[]): Promise<SecuredKafka> {
  const authority = await createAuthority('test-ca')
  try {
    const [scram = 0, plain = 0, mutual = 0, expired = 0, misnamed = 0, elsewhere = 0] = await freePorts(6)
    const running = await startBrokers(1, {
      config: await configOf(authority, users),
      listeners: [
        { name: 'SCRAM', port: scram },
        { name: 'PLAIN', port: plain },
        { name: 'MUTUAL', port: mutual },
        { name: 'EXPIRED', port: expired },
        { name: 'MISNAMED', port: misnamed },
        { name: 'ELSEWHERE', port: elsewhere, advertised: nowhere }
      ],
      format: users.flatMap(user =>
        ['SCRAM-SHA-512', 'SCRAM-SHA-256'].flatMap(mechanism => [
          '--add-scram',
          `${mechanism}=[name=${user},password=${password}]`
        ])
      )
    })
    const at = (port: number): string => `127.0.0.1:${port}`
    return {
      ...running,
      listeners: {
        scram: at(scram),
        plain: at(plain),
        mutual: at(mutual),
        expired: at(expired),
        misnamed: at(misnamed),
        elsewhere: at(elsewhere)
      },
      authority,
      clientOf: username =>
        connectKafka([at(plain)], username, {
          sasl: { mechanism: 'plain', username, password }
        }),
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
        await running.admin.createAcls({ acl })
      },
      stop: async () => {
        await running.stop()
        await authority.remove()
      }
    }
  } catch (error) {
    await authority.remove()
    throw error
  }
}

async function configOf(
  authority: Awaited<ReturnType<typeof createAuthority>>,
  users: readonly string[]
): Promise<Record<string, string>> {
  const passwords = users.map(user => `user_${user}="${password}"`).join(' ')
  return {
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,PLAIN:SASL_PLAINTEXT,MUTUAL:SSL,EXPIRED:SASL_SSL,MISNAMED:SASL_SSL,ELSEWHERE:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512,SCRAM-SHA-256,PLAIN',
    ...tls('scram', await authority.issue('broker'), authority),
    ...tls('mutual', await authority.issue('broker'), authority),
    'listener.name.mutual.ssl.client.auth': 'required',
    ...tls('expired', await authority.issue('broker', -1), authority),
    ...tls('misnamed', await authority.issue('broker', 2, 'DNS:kafka.example.com'), authority),
    ...scramLogin('scram'),
    ...scramLogin('expired'),
    ...scramLogin('misnamed'),
    'listener.name.plain.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.plain.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${passwords};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS'
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
