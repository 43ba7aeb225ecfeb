// The Kafka clients of this process: one for each cluster and its credentials, connected when it is first used and closed when
// nobody asks for it any more.
import { createHash } from 'node:crypto'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { KafkaAuth, Plan } from '../../manifests/plan.ts'
import { connectKafka } from './client.ts'
import { openRecordWriter, type RecordWriter } from './record-writer.ts'
import type { Secrets } from './secrets.ts'
import { openTopics, type Topics } from './topics.ts'
import { explainKafkaError } from './explain.ts'
import { type Security, toSecurity } from './security.ts'

/** Where a KafkaSource, a KafkaSink or a Broker has its Kafka. */
export interface KafkaPlace {
  /** None: a Broker that no file declares. */
  readonly bootstrapServers: readonly string[]
  readonly auth?: KafkaAuth
}

export interface KafkaCluster {
  readonly kafka: Kafka
  readonly topics: Topics
  readonly writer: RecordWriter
  /** Why it failed, for a person. */
  explain(error: unknown): string
}

export interface ClusterSettings {
  /** In place of what the YAML names. */
  readonly bootstrap?: readonly string[] | undefined
  /** Without TLS and SASL, whatever the YAML says. */
  readonly plaintext: boolean
  readonly clientId: string
  readonly secrets: Secrets
}

type Places = Pick<Plan, 'kafkaSources' | 'kafkaSinks' | 'brokers'> & Partial<Pick<Plan, 'objects'>>

/** Whoever uses a cluster asks for it every second. */
const CLOSE_AFTER_MS = 30_000
/** Half of what a stop of the process may take. */
const CLOSE_WITHIN_MS = 3000

/** Credentials are missing or wrong before anybody was asked. */
export class NoCredentials extends Error {}

export class Clusters {
  private readonly settings: ClusterSettings
  private readonly log: Logger
  private readonly opened = new Map<string, { readonly cluster: KafkaCluster; askedAtMs: number }>()
  private only: KafkaPlace | undefined
  private readonly timer: NodeJS.Timeout

  constructor(settings: ClusterSettings, log: Logger) {
    this.settings = settings
    this.log = log
    this.timer = setInterval(() => this.closeIdle(), CLOSE_AFTER_MS).unref()
  }

  /** Secrets among the objects are known from now on, and where a Broker is that no file declares. */
  follow({ objects = [], kafkaSources, kafkaSinks, brokers }: Places): void {
    this.settings.secrets.follow(objects)
    const places = [...kafkaSources, ...kafkaSinks, ...brokers].filter(
      ({ bootstrapServers }) => bootstrapServers.length > 0
    )
    const [first] = places
    this.only = first !== undefined && places.every(place => keyOf(place) === keyOf(first)) ? first : undefined
  }

  /** Throws NoCredentials; a Kafka that does not answer is found out later. */
  async of(place: KafkaPlace): Promise<KafkaCluster> {
    const { bootstrap, plaintext, clientId, secrets } = this.settings
    const { bootstrapServers, auth } = place.bootstrapServers.length > 0 ? place : (this.only ?? place)
    const servers = bootstrap ?? bootstrapServers
    if (servers.length === 0)
      throw new NoCredentials(
        'its Broker is in the cluster only, and the files name no Kafka or several: give --bootstrap, or declare the Broker'
      )
    const security = plaintext || auth === undefined ? {} : await readSecurity(auth, secrets)
    const key = digestOf(servers, security)
    const present = this.opened.get(key)
    if (present !== undefined) {
      present.askedAtMs = performance.now()
      return present.cluster
    }
    const kafka = connectKafka(servers, clientId, security, this.log)
    const cluster: KafkaCluster = {
      kafka,
      topics: openTopics(kafka, this.log),
      writer: openRecordWriter(kafka),
      explain: error => explainKafkaError(error, servers, security)
    }
    this.opened.set(key, { cluster, askedAtMs: performance.now() })
    return cluster
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    await Promise.all(Array.from(this.opened.values(), ({ cluster }) => close(cluster)))
  }

  private closeIdle(): void {
    for (const [key, { cluster, askedAtMs }] of this.opened) {
      if (performance.now() - askedAtMs < CLOSE_AFTER_MS) continue
      this.opened.delete(key)
      close(cluster).catch((error: unknown) =>
        this.log.warn({ error: (error as Error).message }, 'Kafka client not closed')
      )
    }
  }
}

async function readSecurity(auth: KafkaAuth, secrets: Secrets): Promise<Security> {
  try {
    return toSecurity(await secrets.valuesFor(auth), 'secret' in auth)
  } catch (error) {
    throw new NoCredentials(`failed to resolve auth config: ${(error as Error).message}`, { cause: error })
  }
}

/** kafkajs waits for what it has asked, and a server that says nothing would hold up the end. */
async function close({ topics, writer }: KafkaCluster): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, CLOSE_WITHIN_MS)
  await Promise.race([writer.close().then(() => topics.close()), late.promise])
  clearTimeout(timer)
}

/** Servers named in another order are the same cluster. */
function keyOf({ bootstrapServers, auth }: KafkaPlace): string {
  return JSON.stringify([bootstrapServers.toSorted(), auth])
}

/** A digest, so that no password is kept as a key. */
function digestOf(servers: readonly string[], security: Security): string {
  return createHash('sha256')
    .update(JSON.stringify([servers.toSorted(), security]))
    .digest('hex')
}
