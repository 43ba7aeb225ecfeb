// kafkajs' connections, as they are after kafkajs.ts has been loaded.
import { createServer } from 'node:net'
// @ts-expect-error kafkajs ships no types for its inner files
import KafkajsConnection from 'kafkajs/src/network/connection.js'
// @ts-expect-error kafkajs ships no types for its inner files
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnLoopback } from '../../http/loopback.ts'
import { until } from '../../until.ts'
import type { Connection } from './closed-sockets.ts'
import './kafkajs.ts'

const logger = { debug: () => undefined, error: () => undefined, namespace: () => logger }

test('a connection that is down keeps nothing of the tries to reach its broker again', async () => {
  const server = createServer(socket => void socket.end())
  onTestFinished(() => void server.close())
  const port = await listenOnLoopback(server)
  const options = {
    host: '127.0.0.1',
    port,
    rack: null,
    clientId: 'test',
    connectionTimeout: 1000,
    requestTimeout: 1000
  }
  const connection: Connection = new KafkajsConnection({ ...options, logger, socketFactory: createSocketFactory() })
  await connection.connect()
  const { socket } = connection
  await until('the end of it', 5000, async () => socket?.destroyed === true)
  const before = socket?.listenerCount('connect')
  for (let tries = 0; tries < 20; tries++) await connection.disconnect()
  expect(socket?.listenerCount('connect')).toBe(before)
})
