import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findLeftovers, killLeftovers, stateMarker } from './leftovers.ts'
import { openProcesses, type Processes } from './processes.ts'
import { until } from '../until.ts'

const forever = 'setInterval(() => {}, 1_000)'
const stubborn = `process.on('SIGTERM', () => {}); ${forever}; console.log('up')`

test('what a process writes is in its log and given line by line', async () => {
  const { processes, folder } = await open()
  const lines: string[] = []
  const child = processes.start({
    ...node("console.log('out'); console.error('err')"),
    onLine: line => lines.push(line)
  })
  expect(await child.exited).toEqual({ code: 0, signal: null })
  await until('both lines', 5_000, async () => lines.length === 2)
  expect(lines.toSorted()).toEqual(['err', 'out'])
  await processes.close()
  const log = (await readFile(join(folder, 'logs', 'child.log'), 'utf8')).split('\n').toSorted()
  const stamp = /^\d{4}-\d\d-\d\dT[\d:.]+Z INFO (out|err)$/
  expect(log).toEqual(['', expect.stringMatching(stamp), expect.stringMatching(stamp)])
})

test('a command that does not exist ends as a shell would say it', async () => {
  const { processes } = await open()
  const child = processes.start({ name: 'child', command: '/nowhere/nothing', args: [] })
  expect(await child.exited).toEqual({ code: 127, signal: null })
})

test('a process that does not heed the request to stop is killed when the time is over', async () => {
  const { processes } = await open()
  const { child } = await running(processes, stubborn)
  expect(await child.stop(50)).toEqual({ code: null, signal: 'SIGKILL' })
})

test('what a process has started ends with it, as in a container', async () => {
  const { processes, folder } = await open()
  for (const end of ['exit 0', 'wait']) {
    const up = Promise.withResolvers<string>()
    const child = processes.start({
      name: 'child',
      command: 'sh',
      args: ['-c', `sleep 600 & (sleep 601; true) & echo up; ${end}`],
      env: { PATH: process.env.PATH },
      onLine: up.resolve
    })
    await up.promise
    await child.stop(10_000)
    await until('all of it to be gone', 5_000, async () => (await findLeftovers(folder)).length === 0)
    expect(child.isRunning()).toBe(false)
  }
})

test('what is on its way to a start does not outlive the end of all', async () => {
  const { processes, folder } = await open()
  await running(processes, stubborn)
  processes.killAll()
  expect(() => processes.start(node(forever))).toThrow('child is not started: everything is being stopped')
  await until('all to be gone', 5_000, async () => (await findLeftovers(folder)).length === 0)
})

test('a paused process can be stopped in order', async () => {
  const { processes } = await open()
  const { child } = await running(
    processes,
    `process.on('SIGTERM', () => process.exit(7)); ${forever}; console.log('up')`
  )
  child.signal('SIGSTOP')
  expect(await child.stop(10_000)).toEqual({ code: 7, signal: null })
})

test('what an earlier run left behind is found by its folder and ended, and nothing else', async () => {
  const { folder } = await open()
  const other = await open()
  const orphan = spawn(process.execPath, ['-e', forever], { env: { [stateMarker]: folder }, stdio: 'ignore' })
  const ended = once(orphan, 'exit')
  const neighbour = other.processes.start(node(forever))
  await until('the orphan', 5_000, async () => (await findLeftovers(folder)).length === 1)

  expect(await killLeftovers(folder)).toBe(1)
  expect(await ended).toEqual([null, 'SIGKILL'])
  expect(neighbour.isRunning()).toBe(true)
})

test('timers of all threads of a process may go off later where the system has that, and ours go off as before', async () => {
  const { processes } = await open()
  const slackOf = (pid: number | string) =>
    readFile(`/proc/${pid}/timerslack_ns`, 'utf8').then(
      text => text.trim(),
      () => undefined // only Linux has it
    )
  const before = await slackOf('self')
  const child = processes.start({ ...node(forever), timerSlackMs: 1.5 })
  const slackOfThreads = async () => {
    const threads = () => readdir(`/proc/${child.pid}/task`)
    await until('its threads', 5_000, async () => (await threads()).length > 4)
    return Promise.all((await threads()).map(slackOf))
  }
  expect(new Set(before === undefined ? ['1500000'] : await slackOfThreads())).toEqual(new Set(['1500000']))
  expect(await slackOf('self')).toBe(before)
})

test('a process gives way also where the system shares the processors by session', async () => {
  const { processes } = await open()
  const child = processes.start({ ...node(forever), nice: 10 })
  expect(getPriority(child.pid)).toBe(10)
  const autogroup = await readFile(`/proc/${child.pid}/autogroup`, 'utf8').catch(() => 'nice 10') // only some systems have them
  expect(autogroup.trim()).toMatch(/nice 10$/)
})

test('when the runtime itself is killed, its processes are gone a moment later', async () => {
  const { folder } = await open()
  const script = join(folder, 'runtime.ts')
  const inThis = (file: string) => JSON.stringify(join(import.meta.dirname, file))
  await writeFile(
    script,
    `import { openProcesses } from ${inThis('processes.ts')}
     const processes = openProcesses(${JSON.stringify(folder)})
     for (const name of ['one', 'two']) processes.start({ name, command: process.execPath, args: ['-e', ${JSON.stringify(stubborn)}] })
     ${forever}`
  )
  const runtime = spawn(process.execPath, [script], { stdio: 'ignore' })
  await until('its processes', 20_000, async () => (await findLeftovers(folder)).length === 2)
  runtime.kill('SIGKILL')
  await until('its processes to be gone', 10_000, async () => (await findLeftovers(folder)).length === 0)
  expect(await findLeftovers(folder)).toEqual([])
})

async function open(): Promise<{ processes: Processes; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'processes-test-'))
  const processes = openProcesses(folder)
  onTestFinished(async () => {
    processes.killAll()
    await killLeftovers(folder)
    await processes.close()
    await rm(folder, { recursive: true, force: true })
  })
  return { processes, folder }
}

function node(code: string) {
  return { name: 'child', command: process.execPath, args: ['-e', code] }
}

/** Started, and past its first line of output. */
async function running(processes: Processes, code: string) {
  const up = Promise.withResolvers<void>()
  const child = processes.start({ ...node(code), onLine: () => up.resolve() })
  await up.promise
  return { child }
}
