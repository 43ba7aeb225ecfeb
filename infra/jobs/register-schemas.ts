// Registers every .proto file under its message's name, and writes where into the database: the functions write that address
// into each event as `dataschema`, so publishing needs no registry. `node infra/jobs/register-schemas.ts`; safe to run again.
import { drizzle } from 'drizzle-orm/node-postgres'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { z } from 'zod'
import { loadConfig } from '../../functions/runtime/host/config.ts'
import { fetchWithCredentials, withoutCredentials } from '../../functions/runtime/host/fetch-with-credentials.ts'
import { schemaDigest } from '../../functions/runtime/events/publisher.ts'
import { eventSchemasByType } from '../../functions/students/student-events.ts'
import { eventSchemas } from '../../functions/runtime/tables/publishing.ts'

/** Every version can read what every other one wrote, in both directions. */
const compatibility = 'FULL_TRANSITIVE'
const requestTimeoutMs = 10_000

export interface RegisteredSchema {
  readonly type: string
  readonly version: number
  readonly dataschema: string
}

/** @throws with the registry's reason when a schema is not compatible with the versions before it */
export async function registerSchemas(options: {
  /** May hold a user and a password. */
  readonly registryUrl: string
  readonly databaseUrl: string
  readonly schemasFolder?: string
}): Promise<RegisteredSchema[]> {
  const folder = join(options.schemasFolder ?? 'schemas', 'school/student/v1')
  const files = (await readdir(folder)).filter(name => name.endsWith('.proto')).toSorted()
  // For all, before the first version: a second one must never get in unchecked.
  await call('PUT', `${options.registryUrl.replace(/\/$/, '')}/apis/ccompat/v7/config`, { compatibility }, 'the rule')
  const registered: RegisteredSchema[] = []
  for (const file of files) {
    registered.push(await register(options.registryUrl, await readFile(join(folder, file), 'utf8')))
  }
  await remember(options.databaseUrl, registered)
  return registered
}

async function register(registryUrl: string, schema: string): Promise<RegisteredSchema> {
  const type = `${/^package (.+);/m.exec(schema)?.[1]}.${/^message (\w+)/m.exec(schema)?.[1]}`
  const subject = `${registryUrl.replace(/\/$/, '')}/apis/ccompat/v7/subjects/${type}`
  const body = { schemaType: 'PROTOBUF', schema }
  await call('POST', `${subject}/versions`, body, type)
  const { version } = z.object({ version: z.int() }).parse(await call('POST', subject, body, type))
  return { type, version, dataschema: withoutCredentials(`${subject}/versions/${version}`) }
}

async function call(method: 'POST' | 'PUT', url: string, body: object, type: string): Promise<unknown> {
  const response = await fetchWithCredentials(url, {
    method,
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(requestTimeoutMs)
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`the registry refused ${type} (${response.status}): ${text}`)
  return JSON.parse(text)
}

async function remember(databaseUrl: string, registered: readonly RegisteredSchema[]): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: requestTimeoutMs })
  await client.connect()
  try {
    const rows = registered.flatMap(({ type, dataschema }) => {
      const schema = eventSchemasByType.get(type)
      return schema === undefined ? [] : [{ type, digest: schemaDigest(schema), dataschema }]
    })
    await drizzle({ client })
      .insert(eventSchemas)
      .values(rows)
      // The first address stays: events already written carry it, and it serves the same schema.
      .onConflictDoNothing()
  } finally {
    await client.end()
  }
}

if (import.meta.main) {
  const config = loadConfig(
    z.object({
      REGISTRY_URL: z.url(),
      DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
      SCHEMAS_FOLDER: z.string().default('schemas')
    })
  )
  const registered = await registerSchemas({
    registryUrl: config.REGISTRY_URL,
    databaseUrl: config.DATABASE_URL,
    schemasFolder: config.SCHEMAS_FOLDER
  })
  for (const { type, version } of registered) process.stdout.write(`${type} version ${version}\n`)
}
