// The audit's own Kafka client: plain on this machine, TLS and a password in a cluster.
import { readFile } from 'node:fs/promises'
import kafkajs, { type Kafka } from 'kafkajs'
// @ts-expect-error kafkajs-snappy ships no types
import SnappyCodec from 'kafkajs-snappy'

const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs

CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec as () => unknown
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

export interface KafkaAddress {
  readonly bootstrap: string
  /** With these, SCRAM-SHA-512 over TLS, as infra/overlays/production declares it. */
  readonly username?: string
  readonly password?: string
  readonly caFile?: string
}

export async function kafkaClient({ bootstrap, username, password, caFile }: KafkaAddress): Promise<Kafka> {
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8')
  return new kafkajs.Kafka({
    clientId: 'audit',
    brokers: bootstrap.split(','),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 6 },
    logLevel: logLevel.NOTHING, // what fails is thrown as well
    ...(ca === undefined ? {} : { ssl: { ca } }),
    ...(username === undefined ? {} : { ssl: ca === undefined ? true : { ca } }),
    ...(username === undefined || password === undefined
      ? {}
      : { sasl: { mechanism: 'scram-sha-512', username, password } })
  })
}
