import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { freePort } from '../testing/free-ports.ts'
import { openProcesses } from '../processes/processes.ts'
import { openServicePorts } from '../state/service-ports.ts'
import { until } from '../until.ts'
import { startPrograms } from './programs.ts'
import { createFunctions, type FunctionsOptions } from './functions.ts'
import { plainBundle } from './plain-bundle.ts'
import { plainService } from './testing/plain-service.ts'

test('a Service that is added runs beside the others at a port of its own, and one that is removed is gone', async () => {
  const { functions, write, get, reports, folder } = await start(['b'])
  const { port, pid } = functions.services.get('b') ?? {}
  await write('a', answering('a'))
  await functions.apply([service('a'), service('b')])
  expect(await get('a')).toBe('a')
  expect(functions.services.get('b')).toMatchObject({ port })
  expect(functions.services.get('b')?.pid()).toBe(pid?.())
  expect(reports).toContain(`a is new, at ${functions.services.get('a')?.url}`)

  const { url = '', port: portOfA } = functions.services.get('a') ?? {}
  await functions.apply([service('b')])
  expect([...functions.services.keys()]).toEqual(['b'])
  await expect(fetch(url)).rejects.toThrow('fetch failed')
  expect(await readdir(join(folder, 'a', '.func', 'runs'))).toEqual([])

  await functions.apply([service('a'), service('b')])
  expect(functions.services.get('a')?.port).toBe(portOfA)
  expect(await get('a')).toBe('a')
})

test('a function that throws at its start, one without a folder and one without a name stop nobody, and say why', async () => {
  const { functions, write, get, reports, log } = await start(['good', 'throws', 'absent', 'nameless'], {
    throws: "throw new TypeError('no such table')",
    absent: undefined
  })
  const tries = async () => (await log('throws')).split('throw new TypeError').length - 1
  expect(await get('good')).toBe('good')
  expect(functions.services.get('throws')?.problem()).toContain('TypeError: no such table')
  expect(functions.services.get('absent')?.problem()).toContain('absent cannot be built')
  expect(reports.join('\n')).toContain(
    'Service test/nameless cannot be started: test.yaml:1 Service nameless has no FUNCTION_TARGET'
  )

  await until('another try', 20_000, async () => (await tries()) > 2)
  expect(reports.filter(sentence => sentence.includes('throw new TypeError('))).toHaveLength(1)

  await write('throws', answering('mended'))
  await write('absent', answering('here'))
  expect([await get('throws'), await get('absent')]).toEqual(['mended', 'here'])
})

test('an edit of a shared file reloads all functions at once', async () => {
  const names = ['one', 'two', 'three', 'four', 'five', 'six']
  const { write, get, reports, folder } = await start(names)
  await writeFile(join(folder, 'shared.ts'), "export const word = 'edited'\n")
  const reloaded = () => reports.filter(sentence => /reloaded in \d+ ms/.test(sentence))
  await until('all to be reloaded', 20_000, async () => reloaded().length === names.length)
  for (const name of names) expect(await get(name)).toBe(`${name} edited`)
  await write('one', answering('one again'))
  await until('one to be reloaded', 20_000, async () => reloaded().length === names.length + 1)
  expect(await get('one')).toBe('one again edited')
})

test('one function runs with an inspector, and the next version of it has the inspector too', async () => {
  const inspectorPort = await freePort()
  const { write, reports, get } = await start(['one', 'two'], {}, { inspect: 'one', inspectorPort })
  /** Another one for each process. */
  const inspectorId = async (): Promise<string | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
    return z.array(z.object({ id: z.string() })).parse(await answer.json())[0]?.id
  }
  let first: string | undefined
  await until('the inspector', 10_000, async () => (first = await inspectorId()) !== undefined)
  await write('one', answering('edited'))
  await until('the reload', 20_000, async () => reports.some(sentence => sentence.startsWith('one reloaded')))
  await until('the next inspector', 10_000, async () => (await inspectorId()) !== first)
  expect(await get('two')).toBe('two')
})

test('a Service that runs another function now, or has new settings, is changed in place', async () => {
  const { functions, write, get } = await start(['one', 'two'])
  await write('three', answering('three'))
  await functions.apply([service('one', 'three'), service('two')])
  expect([await get('one'), await get('two')]).toEqual(['three', 'two'])
})

async function start(
  names: readonly string[],
  code: Readonly<Record<string, string | undefined>> = {},
  more: Partial<FunctionsOptions> = {}
) {
  const root = await mkdtemp(join(tmpdir(), 'functions-test-'))
  const folder = join(root, 'functions')
  const state = join(root, 'state')
  await mkdir(folder, { recursive: true })
  await mkdir(state)
  await writeFile(join(folder, 'shared.ts'), "export const word = ''\n")
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, name, 'index.ts'), text)
  }
  for (const name of names) {
    const text = name in code ? code[name] : answering(name)
    if (text !== undefined) await write(name, text)
  }
  const sources = { directory: folder, alsoWatched: [], bundlerFiles: [], bundle: () => plainBundle }
  const processes = openProcesses(state)
  const first = await freePort()
  const reports: string[] = []
  const functions = await createFunctions(processes, {
    services: names.map(name => service(name)),
    startPrograms: events => startPrograms({ directory: root, sources }, state, events),
    ports: await openServicePorts(state, first),
    firstInstancePort: first + 100,
    lastInstancePort: first + 199,
    environment: () => ({ addresses: { http: new Map(), bootstrap: new Map() }, secrets: noSecrets }),
    report: sentence => void reports.push(sentence),
    pidChanged: () => undefined,
    ...more
  })
  onTestFinished(async () => {
    await functions.stop()
    processes.killAll()
    processes.close()
    await rm(root, { recursive: true, force: true })
  })
  await functions.start()
  const get = async (name: string): Promise<string> => {
    const response = await fetch(functions.services.get(name)?.url ?? '')
    return (await response.text()).trim()
  }
  const log = (name: string) => readFile(join(state, 'logs', `${name}.log`), 'utf8')
  return { functions, write, get, reports, folder, log }
}

const noSecrets = {
  secret: () => '',
  configMap: () => '',
  wholeSecret: () => ({}),
  wholeConfigMap: () => ({})
}

function answering(word: string): string {
  return `
    import { createServer } from 'node:http'
    import { word } from '../shared.ts'
    const server = createServer((_, response) => void response.end('${word} ' + word))
    server.listen(Number(process.env.PORT), '127.0.0.1')
    process.once('SIGTERM', () => server.close(() => process.exit(0)))
  `
}

const service = (name: string, target = name) =>
  plainService(name, { env: name === 'nameless' ? [] : [{ name: 'FUNCTION_TARGET', value: target }] })
