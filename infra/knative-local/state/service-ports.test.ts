import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { maxServices, openServicePorts } from './service-ports.ts'

const free = async () => true

test('a Service keeps its port when others are added before and after it, and over restarts', async () => {
  const state = await stateFolder()
  const ports = await openServicePorts(state, 9_000, free)
  expect(await ports.assign(['m', 'b'])).toEqual(
    new Map([
      ['m', 9_001],
      ['b', 9_000]
    ])
  )
  expect(await ports.assign(['a', 'b', 'm', 'z'])).toEqual(
    new Map([
      ['a', 9_002],
      ['b', 9_000],
      ['m', 9_001],
      ['z', 9_003]
    ])
  )
  const next = await openServicePorts(state, 10_000, free)
  expect(await next.assign(['m', 'z', 'a', 'b'])).toEqual(
    new Map([
      ['a', 10_002],
      ['b', 10_000],
      ['m', 10_001],
      ['z', 10_003]
    ])
  )
})

test('a Service that was removed gets its port back, also after a start without it', async () => {
  const state = await stateFolder()
  await (await openServicePorts(state, 9_000, free)).assign(['a', 'b', 'c'])
  const without = await openServicePorts(state, 9_000, free)
  await without.assign(['a', 'c', 'd'])
  expect(without.current().get('d')).toBe(9_003)
  expect((await without.assign(['a', 'b', 'c', 'd'])).get('b')).toBe(9_001)
})

test('when all ports were given once, the Service that has been away for longest loses its own', async () => {
  const ports = await openServicePorts(await stateFolder(), 9_000, free)
  const all = Array.from({ length: maxServices }, (_, index) => `s${String(index).padStart(2, '0')}`)
  await ports.assign(all)
  await ports.assign(all.filter(name => name !== 's07'))
  await ports.assign(all.filter(name => name !== 's07' && name !== 's03'))
  expect((await ports.assign([...all.filter(name => name !== 's07' && name !== 's03'), 'new'])).get('new')).toBe(9_007)
})

test('more Services than ports is an error that says what to do, and changes nothing', async () => {
  const ports = await openServicePorts(await stateFolder(), 9_000, free)
  const before = await ports.assign(['a'])
  const tooMany = Array.from({ length: maxServices + 1 }, (_, index) => `s${index}`)
  await expect(ports.assign(tooMany)).rejects.toThrow(/31 Services are more than the 30 .*--port-base/)
  expect(ports.current()).toEqual(before)
})

test('a port that another program has is given to no new Service', async () => {
  const ports = await openServicePorts(await stateFolder(), 9_000, async port => port !== 9_000)
  expect(await ports.assign(['a', 'b'])).toEqual(
    new Map([
      ['a', 9_001],
      ['b', 9_002]
    ])
  )
})

test.each(['', '[]', '{"a":1,"b":1}', '{"a":-1}', '{"a":99}'])(
  'a file of ports that makes no sense is begun again: %s',
  async text => {
    const state = await stateFolder()
    await writeFile(join(state, 'service-ports.json'), text)
    expect(await (await openServicePorts(state, 9_000, free)).assign(['a', 'b'])).toEqual(
      new Map([
        ['a', 9_000],
        ['b', 9_001]
      ])
    )
  }
)

async function stateFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'service-ports-'))
  onTestFinished(() => rm(root, { recursive: true }))
  return root
}
