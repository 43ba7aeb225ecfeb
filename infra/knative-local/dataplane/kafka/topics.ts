// What is asked of topics: are they there, may they be read, create the missing ones that are owned here.
import { counted } from '../../counted.ts'
import type { Admin, Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { connectOnce } from './connect-once.ts'
import { createTopic, type NewTopic, withFewerReplicas } from './knative-topics.ts'

export interface Topics {
  /** The names that are not there for this user. */
  missing(topics: readonly string[]): Promise<string[]>
  /** Why each of them is missing, for a person. */
  explain(missing: readonly string[]): Promise<string>
  createIfMissing(topic: NewTopic): Promise<void>
  close(): Promise<void>
}

/** Whoever waits for topics asks every second; those who ask together share an answer. */
const SHARED_FOR_MS = 400
/** A server that takes the connection and says nothing is no Kafka; kafkajs alone would wait for minutes. */
const ANSWER_WITHIN_MS = 10_000

/** Connects when it is first asked, and again after a failure: Kafka may come later than the data plane. */
export function openTopics(kafka: Kafka, log: Logger): Topics {
  const admin = kafka.admin()
  const connected = connectOnce(() => admin.connect())
  let listed: { readonly names: Promise<Set<string>>; readonly atMs: number } | undefined
  const list = async (): Promise<Set<string>> => {
    await connected()
    return new Set(await admin.listTopics())
  }
  const existing = (): Promise<Set<string>> => {
    if (listed === undefined || performance.now() - listed.atMs > SHARED_FOR_MS)
      listed = { names: within(list()), atMs: performance.now() }
    return listed.names
  }
  return {
    missing: async topics => {
      const names = await existing()
      return topics.filter(topic => !names.has(topic))
    },
    explain: async topics => {
      await connected()
      const reasons = await Promise.all(topics.map(topic => within(whyMissing(admin, topic))))
      return reasons.join('; ')
    },
    createIfMissing: async topic => {
      if ((await existing()).has(topic.topic)) return
      await create(admin, topic, log)
      listed = undefined
    },
    close: () => admin.disconnect()
  }
}

/** Kafka lists only what a user may describe; asked for by its name, a topic is refused or unknown. */
async function whyMissing(admin: Admin, topic: string): Promise<string> {
  try {
    await admin.fetchTopicMetadata({ topics: [topic] })
  } catch (error) {
    if (isRefused(error)) return `not authorized to access topic ${topic}`
  }
  return `topic ${topic} does not exist`
}

/** Kafka answered that this user has no right to it. */
export function isRefused(error: unknown): boolean {
  return (error as { type?: string }).type?.endsWith('_AUTHORIZATION_FAILED') === true
}

async function create(admin: Admin, wanted: NewTopic, log: Logger): Promise<void> {
  const fitting = await withFewerReplicas(admin, wanted)
  const { topic, partitions, replicas } = fitting
  if (replicas < wanted.replicas) {
    const message = `topic ${topic} gets ${counted(replicas, 'replica')}: there are not more brokers`
    log.warn({ topic, wanted: wanted.replicas, replicas }, message)
  }
  // Another process of this data plane may have been first.
  if (!(await createTopic(admin, fitting))) return
  log.info({ topic, partitions, replicas }, `created topic ${topic}`)
}

async function within<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)),
    ANSWER_WITHIN_MS
  )
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
