// Which port is whose. All are counted from one base, so that URLs stay the same from start to start.
import { called } from '../called.ts'
import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'

export interface Ports {
  readonly ingress: number
  readonly sinkIngress: number
  readonly control: number
  readonly dataplaneStatus: number
  readonly registry: number
  readonly connect: number
  readonly postgres: number
  readonly kubernetesApi: number
  /** For what a project runs beside its stack. */
  readonly beside: number
  readonly traces: number
  readonly brokers: readonly { readonly id: number; readonly port: number; readonly controllerPort: number }[]
  /** From here on, 30 of the functions (service-ports.ts). */
  readonly firstService: number
  /** From here on, the processes behind the functions' ports. */
  readonly firstInstance: number
}

export const portsPerStack = 100

export function assignPorts(base: number): Ports {
  return {
    ingress: base,
    sinkIngress: base + 1,
    control: base + 2,
    dataplaneStatus: base + 3,
    registry: base + 4,
    connect: base + 5,
    postgres: base + 6,
    kubernetesApi: base + 7,
    beside: base + 8,
    traces: base + 9,
    brokers: [1, 2, 3].map(id => ({ id, port: base + 9 + id, controllerPort: base + 12 + id })),
    firstService: base + 20,
    firstInstance: base + 50
  }
}

/** @throws naming every port that is taken, for what it is needed and who has it */
export async function checkPorts(ports: Ports, services: ReadonlyMap<string, number>): Promise<void> {
  const wanted: [number, string][] = [
    [ports.ingress, 'the Broker ingress'],
    [ports.sinkIngress, 'the KafkaSink ingress'],
    [ports.control, 'commands'],
    [ports.dataplaneStatus, "the data plane's status"],
    [ports.registry, 'the schema registry'],
    [ports.connect, 'Kafka Connect'],
    [ports.postgres, 'PostgreSQL'],
    [ports.kubernetesApi, 'the Kubernetes API'],
    [ports.beside, 'what runs beside the stack'],
    [ports.traces, 'the collector of traces'],
    ...ports.brokers.flatMap(({ id, port, controllerPort }): [number, string][] => [
      [port, `broker-${id}`],
      [controllerPort, `the controller of broker-${id}`]
    ]),
    ...[...services].map(([name, port]): [number, string] => [port, name])
  ]
  const taken = await Promise.all(
    wanted.map(async ([port, whose]) => {
      if (await isFree(port)) return []
      const holder = await findHolder(port).catch(() => undefined)
      return [`Port ${port}, for ${whose}, is in use${holder ? ` by ${holder}` : ''}.`]
    })
  )
  const problems = taken.flat()
  if (problems.length > 0) {
    throw new Error(`${problems.join('\n')}\nStop what uses them, or take other ports: ${called('dev --port-base N')}`)
  }
}

export function isFree(port: number): Promise<boolean> {
  return new Promise(fulfil => {
    const server = createServer()
    server.once('error', () => fulfil(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => fulfil(true)))
  })
}

async function findHolder(port: number): Promise<string | undefined> {
  if (process.platform === 'linux') return findInProc(port)
  const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'])
  const pid = /^p(\d+)$/m.exec(stdout)?.[1]
  return pid && `${/^c(.+)$/m.exec(stdout)?.[1] ?? 'a process'} (pid ${pid})`
}

const listening = '0A' // TCP_LISTEN of /proc/net/tcp

async function findInProc(port: number): Promise<string | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map(file => readFile(file, 'utf8').catch(() => ''))
  )
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const inodes = new Set(
    tables
      .flatMap(table => table.split('\n').map(line => line.trim().split(/\s+/)))
      .filter(([, local, , state]) => local?.endsWith(suffix) && state === listening)
      .map(fields => `socket:[${fields[9]}]`)
  )
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
    const links = await Promise.all(files.map(file => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')))
    if (!links.some(link => inodes.has(link))) continue
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replace(/[\0\s]+/g, ' ').trim()
    return `${command.slice(0, 80)} (pid ${pid})`
  }
  return undefined
}
