import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { isAddressedHere } from './addressed-here.ts'
import { createHttpServer } from './http-server.ts'

test.each([
  ['127.0.0.1', '127.0.0.1:8150', true],
  ['127.0.0.1', 'localhost', true],
  ['127.0.0.1', 'LOCALHOST.:1', true],
  ['127.0.0.1', 'create-student.students.svc.cluster.local', true],
  ['::1', '[::1]:80', true],
  ['127.0.0.1', undefined, true], // HTTP/1.0
  ['127.0.0.1', 'evil.example', false],
  ['127.0.0.1', '127.0.0.1.evil.example:8150', false],
  ['127.0.0.1', 'create-student.evil', false],
  ['127.0.0.1', 'a.svc.cluster.local.evil.example', false],
  ['127.0.0.1', '0.0.0.0:80', false],
  ['127.0.0.1', '', false],
  ['::1', 'evil.example', false],
  ['0.0.0.0', 'create-student.students.example.com', true],
  ['::', 'anything', true]
])('a server at %s is meant by %j: %s', (address, host, expected) => {
  expect(isAddressedHere(address, host)).toBe(expected)
})
test.each([
  ['127.0.0.1', 'evil.example', 421],
  ['127.0.0.1', 'localhost', 200],
  ['0.0.0.0', 'create-student.students.example.com', 200] // from the queue-proxy of its pod, by loopback
])('a server at %s answers Host %s with %i', async (address, host, status) => {
  const { server } = createHttpServer(
    `host${status}at${address.replaceAll('.', '_')}`,
    async () => ({ status: 200 }),
    async () => true
  )
  onTestFinished(() => void server.close())
  await new Promise<void>(fulfil => server.listen(0, address, fulfil))
  const { port } = server.address() as AddressInfo
  const answered = await new Promise<number | undefined>((fulfil, reject) => {
    const sent = request({ port, host: '127.0.0.1', headers: { host } }, response => {
      response.resume()
      fulfil(response.statusCode)
    })
    sent.once('error', reject)
    sent.end()
  })
  expect(answered).toBe(status)
})
