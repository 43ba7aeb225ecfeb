// A Kafka client of the jobs and the audit: plain on this machine, TLS and a password in a cluster.
import kafkajs, { type Admin, type AdminConfig, type Kafka } from 'kafkajs'
import { oneAtATime } from './one-at-a-time.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

export interface KafkaAddress {
  readonly bootstrap: string
  /** With these, SCRAM-SHA-512 over TLS, as infra/overlays/production declares it. */
  readonly username?: string
  readonly password?: string
  /** The cluster's own certificate authority, as PEM. */
  readonly authority?: string
}

export function createKafkaClient(clientId: string, address: KafkaAddress): Kafka {
  const { bootstrap, username, password, authority } = address
  const ssl = authority === undefined ? username !== undefined : { ca: authority }
  return new JobKafka({
    clientId,
    brokers: bootstrap.split(','),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 6 },
    logLevel: kafkajs.logLevel.NOTHING, // what fails is thrown as well
    ...(ssl === false ? {} : { ssl }),
    ...(username === undefined || password === undefined
      ? {}
      : { sasl: { mechanism: 'scram-sha-512', username, password } })
  })
}

class JobKafka extends kafkajs.Kafka {
  override admin(config?: AdminConfig): Admin {
    return oneAtATime(super.admin(config))
  }
}
