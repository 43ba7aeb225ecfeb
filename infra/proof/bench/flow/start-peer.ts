// The plain peer as a process beside the stack, on its brokers and in its database, with a topic and a table of its own;
// both are gone afterwards.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type pg from 'pg'
import { connectKafka } from '../../../knative-local/events.ts'
import type { Endpoints } from '../../../knative-local/index.ts'

/** As student_create has in the files of the application. */
const topicConfig = { numPartitions: 4, replicationFactor: 3 }
const startTimeoutMs = 60_000

export interface Peer {
  readonly url: string
  readonly pid: number
  stored(): Promise<number>
  stop(): Promise<void>
}

export async function startPeer({ kafka, postgres }: Endpoints, database: pg.Client): Promise<Peer> {
  const topic = `plain-peer-${process.pid}`
  const admin = connectKafka(kafka.bootstrap.split(','), 'bench').admin()
  await admin.connect()
  await admin.createTopics({
    topics: [{ topic, ...topicConfig, configEntries: [{ name: 'min.insync.replicas', value: '2' }] }],
    waitForLeaders: true
  })
  await database.query(`drop schema if exists plain_peer cascade; create schema plain_peer;
    create table plain_peer.students (id text primary key, user_id text not null, name text not null, email text not null)`)
  const child = fork(join(import.meta.dirname, 'plain-peer.ts'), [kafka.bootstrap, topic], {
    env: { ...process.env, DATABASE_URL: postgres.url }
  })
  const stop = async () => {
    const exited = child.exitCode === null ? once(child, 'exit') : undefined
    if (child.connected) child.disconnect()
    await exited
    await database.query('drop schema plain_peer cascade')
    await admin.deleteTopics({ topics: [topic] })
    await admin.deleteGroups([topic]).catch(() => undefined) // it may not have been made, or its member was killed
    await admin.disconnect()
  }
  try {
    const [port] = (await once(child, 'message', { signal: AbortSignal.timeout(startTimeoutMs) })) as [number]
    return {
      url: `http://127.0.0.1:${port}`,
      pid: child.pid ?? 0,
      async stored() {
        const { rows } = await database.query<{ rows: number }>('select count(*)::int as rows from plain_peer.students')
        return rows[0]?.rows ?? 0
      },
      stop
    }
  } catch (error) {
    await stop()
    throw new Error('the plain peer did not start', { cause: error })
  }
}
