// PostgreSQL refuses to run as root. In a container everything is root, so there it runs as another user.
import { called } from '../../called.ts'
import { execFile } from 'node:child_process'
import { chown, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { ProcessOptions } from '../../processes/processes.ts'

type Run = Pick<ProcessOptions, 'command' | 'args' | 'user' | 'cwd'>

export interface PostgresUser {
  run(command: string, args: readonly string[]): Run
  /** Hands a file to the user. */
  own(path: string): Promise<void>
}

export async function postgresUser(directory: string): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) return { run: (command, args) => ({ command, args }), own: async () => undefined }

  const user = await findUser(['postgres', 'nobody'])
  const own = (path: string) => chown(path, user.uid, user.gid)
  // A home of root, or a folder of mkdtemp, is closed to other users. The server may then pass through by a capability.
  const reachable = await Promise.all([directory, import.meta.dirname].map(isOpenToOthers))
  if (reachable.every(Boolean)) return { run: (command, args) => ({ command, args, user, cwd: '/' }), own }

  const setpriv = await promisify(execFile)('setpriv', ['--version']).catch(() => undefined)
  if (!setpriv) {
    throw new Error(
      `As root, PostgreSQL runs as another user, who cannot reach ${directory}. Run ${called('dev')} as an ordinary user, or install setpriv (util-linux).`
    )
  }
  const become = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  return {
    run: (command, args) => ({ command: 'setpriv', args: [...become, ...capability, command, ...args], cwd: '/' }),
    own
  }
}

async function findUser(names: readonly string[]): Promise<{ uid: number; gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map(line => line.split(':'))
  for (const name of names) {
    const [, , uid, gid] = lines.find(([entry]) => entry === name) ?? []
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error(
    `As root, PostgreSQL runs as another user, and none of ${names.join(', ')} exists. Add one by: useradd postgres`
  )
}

async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path).catch(() => ({ mode: 0o001 })) // does not exist yet
  if ((mode & 0o001) === 0) return false
  const parent = dirname(path)
  return parent === path || isOpenToOthers(parent)
}
