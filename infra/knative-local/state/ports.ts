// Which port is whose. All are counted from one base, so that URLs stay the same from start to start.
import { called } from '../called.ts'
import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'

export const portsPerStack = 100

/**
 * By port, what it is for.
 * @throws naming every port that is taken, for what it is needed and who has it
 */
export async function checkPorts(wanted: ReadonlyMap<number, string>): Promise<void> {
  const taken = await Promise.all(
    [...wanted].map(async ([port, whose]) => {
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
