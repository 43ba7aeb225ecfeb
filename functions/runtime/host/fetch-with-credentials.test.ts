import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { fetchWithCredentials, withoutCredentials } from './fetch-with-credentials.ts'

test('a user and a password in an address are sent as a header, and other headers stay', async () => {
  const server = createServer(({ headers, url }, response) =>
    response.end(JSON.stringify([url, headers.authorization, headers.accept]))
  )
  onTestFinished(() => void server.close())
  await new Promise<void>(fulfil => server.listen(0, '127.0.0.1', fulfil))
  const { port } = server.address() as AddressInfo
  const ask = async (userinfo: string) =>
    (await fetchWithCredentials(`http://${userinfo}127.0.0.1:${port}/a?b`, { headers: { accept: 'x/y' } })).json()

  expect(await ask('me:p%40ss@')).toEqual(['/a?b', `Basic ${btoa('me:p@ss')}`, 'x/y'])
  expect(await ask('')).toEqual(['/a?b', null, 'x/y'])
  expect(withoutCredentials(`http://me:p@127.0.0.1:${port}/a?b`)).toBe(`http://127.0.0.1:${port}/a?b`)
})
