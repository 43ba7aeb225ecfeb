// The stack's PostgreSQL under a name, for psql and everything else on libpq: no password on a command line or a screen.
// https://www.postgresql.org/docs/18/libpq-pgservice.html
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const fileIn = (stateDirectory: string) => join(stateDirectory, 'pg_service.conf')

/** For its owner only: it holds the password. The service has the name of the database. */
export async function writeServiceFile(stateDirectory: string, url: string): Promise<void> {
  const { hostname, port, pathname, username, password } = new URL(url)
  const database = decodeURIComponent(pathname.slice(1))
  const settings = {
    host: hostname,
    port,
    dbname: database,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password)
  }
  const text = Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
  const file = fileIn(stateDirectory)
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, `[${database}]\n${text}`, { mode: 0o600 })
  await rename(fresh, file)
}

export function psqlCommand(stateDirectory: string, url: string): string {
  return `PGSERVICEFILE=${fileIn(stateDirectory)} psql service=${new URL(url).pathname.slice(1)}`
}
