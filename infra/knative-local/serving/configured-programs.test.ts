import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Service } from '../manifests/plan.ts'
import { openProcesses } from '../processes/processes.ts'
import { openServicePorts } from '../state/service-ports.ts'
import { until } from '../until.ts'
import type { ServiceProgram } from '../project.ts'
import { freePort } from '../testing/free-ports.ts'
import { createFunctions } from './functions.ts'
import { startPrograms } from './programs.ts'
import { plainService } from './testing/plain-service.ts'

test('an entry file serves as it is, and an edit of it takes over', async () => {
  const { get, write } = await start({ display: { entry: 'server.ts' } }, [plainService('display')], {
    'server.ts': saying("const word: string = 'one'", 'word')
  })
  expect(await get('display')).toBe('one')
  await write('server.ts', saying("const word: string = 'two'", 'word'))
  await until('the edit', 10_000, async () => (await get('display')) === 'two')
})

test('a command runs in its directory, with variables in place of those that only the cluster can give', async () => {
  const display: ServiceProgram = { command: [process.execPath, 'app.mjs'], directory: 'app', env: { TOKEN: 'local' } }
  const needsSecret: Service = {
    ...plainService('display'),
    env: [{ name: 'TOKEN', secretKeyRef: { name: 'in-the-cluster', key: 'token', optional: false } }]
  }
  const { get } = await start({ 'test/display': display }, [needsSecret], {
    'app/app.mjs': saying("import { basename } from 'node:path'", 'basename(process.cwd()) + process.env.TOKEN')
  })
  expect(await get('display')).toBe('applocal')
})

test('paths are relative to the directory; YAML, the configuration and the state are no edit of a program', async () => {
  const { get, write, reports } = await start(
    { display: { entry: 'server.ts', directory: 'app' } },
    [plainService('display')],
    {
      'app/server.ts': saying("const word: string = 'one'", 'word')
    }
  )
  expect(await get('display')).toBe('one')
  for (const name of ['orders.yaml', 'service.yml', 'knative-local.json', 'state/data']) await write(`app/${name}`, '1')
  await write('app/word.txt', '1')
  await until('the edit', 10_000, async () => reports.length > 0)
  expect(reports).toEqual([expect.stringMatching(/^display reloaded in \d+ ms: app\/word.txt$/)])
})

test('an edit of the configuration adds, changes and removes programs, and touches no other', async () => {
  const specs = ['stays', 'changes', 'comes', 'goes'].map(name => plainService(name))
  const server: ServiceProgram = { entry: 'server.ts', env: { WORD: 'one' } }
  const { functions, get, reports } = await start({ stays: server, changes: server, goes: server }, specs, {
    'server.ts': saying('', "process.env.WORD ?? ''")
  })
  const pid = functions.services.get('stays')?.pid()
  reports.length = 0
  const other: ServiceProgram = { ...server, env: { WORD: 'two' } }
  await functions.apply(specs, { stays: server, changes: other, 'test/comes': other })
  expect(await Promise.all(['stays', 'changes', 'comes'].map(get))).toEqual(['one', 'two', 'two'])
  expect(functions.services.get('stays')?.pid()).toBe(pid)
  expect([...functions.services.keys()].toSorted()).toEqual(['changes', 'comes', 'stays'])
  expect(reports.toSorted()).toEqual([
    expect.stringContaining('Service test/goes cannot be started: nothing says what it runs'),
    'changes runs with its new settings',
    expect.stringMatching(/^comes is new, at http/),
    'goes has stopped'
  ])
})

test('a program that was edited into one that does not start leaves the one before', async () => {
  const server: ServiceProgram = { entry: 'server.ts' }
  const { functions, get, reports } = await start({ display: server }, [plainService('display')], {
    'server.ts': saying('', "'there'")
  })
  await functions.apply([plainService('display')], { display: { command: ['sh', '-c', 'exit 3'] } })
  expect(reports.at(-1)).toContain('exit status 3')
  expect(await get('display')).toBe('there')
  await functions.apply([plainService('display')], { display: server })
  expect(await get('display')).toBe('there')
})

test('a Service that nothing is named for, and one of a name that is taken, say so and stop no other', async () => {
  const twin = { ...plainService('display'), namespace: 'other' }
  const { get, reports } = await start(
    { display: { entry: 'server.ts' } },
    [plainService('display'), plainService('absent'), twin],
    {
      'server.ts': saying('', "'there'")
    }
  )
  expect(await get('display')).toBe('there')
  expect(reports.toSorted()).toEqual([
    'Service other/display cannot be started: another one of this name is in test, and one machine has room for one of them',
    'Service test/absent cannot be started: nothing says what it runs: add "services": { "absent": { "entry": "FILE" } } to knative-local.json'
  ])
})

async function start(
  services: Readonly<Record<string, ServiceProgram>>,
  specs: readonly Service[],
  files: Readonly<Record<string, string>>
) {
  const root = await mkdtemp(join(tmpdir(), 'programs-'))
  const [directory, state] = [join(root, 'project'), join(root, 'project/app/state')]
  await mkdir(join(directory, 'app'), { recursive: true })
  const write = (name: string, text: string) => writeFile(join(directory, name), text)
  for (const [name, text] of Object.entries(files)) await write(name, text)
  const processes = openProcesses(state)
  const first = await freePort()
  const reports: string[] = []
  const functions = await createFunctions(processes, {
    services: specs,
    startPrograms: events => startPrograms({ directory, services }, state, events),
    ports: await openServicePorts(state, first),
    firstInstancePort: first + 100,
    lastInstancePort: first + 199,
    environment: () => ({ addresses: { http: new Map(), bootstrap: new Map() }, secrets: noSecrets }),
    report: sentence => void reports.push(sentence),
    pidChanged: () => undefined
  })
  onTestFinished(async () => {
    await functions.stop()
    processes.killAll()
    await processes.close()
    await rm(root, { recursive: true, force: true })
  })
  await functions.start()
  const get = async (name: string) => (await fetch(functions.services.get(name)?.url ?? '')).text()
  return { functions, get, write, reports }
}

const missing = (): never => {
  throw new Error('not on this machine')
}
const noSecrets = { secret: missing, configMap: missing, wholeSecret: missing, wholeConfigMap: missing }

function saying(before: string, expression: string): string {
  return `import { createServer } from 'node:http'
${before}
createServer((_, response) => response.end(${expression})).listen(Number(process.env.PORT), '127.0.0.1')
`
}
