// One subject in the registry, by the API that Confluent's clients speak and Apicurio too.
// https://docs.confluent.io/platform/current/schema-registry/develop/api.html
import { z } from 'zod'
import { fetchWithCredentials, withoutCredentials } from '../../../../functions/runtime/host/fetch-with-credentials.ts'
import { withCredentials } from '../../../knative-local/single-parts.ts'
import type { Stage } from '../stage/stage.ts'

export interface Registered {
  readonly version: number
  /** Of the schema's text, whatever subject has it. */
  readonly id: number
  /** The address of this version: what an event says in `dataschema`. */
  readonly dataschema: string
}

export interface Refusal {
  readonly status: number
  readonly message: string
}

export interface Subject {
  /** Which changes are allowed, for all subjects that say nothing of their own. */
  compatibility(): Promise<string>
  register(schema: string): Promise<Registered | Refusal>
  versions(): Promise<number[]>
  /** The text of a version, by its address. */
  textAt(dataschema: string): Promise<{ readonly id: number; readonly schema: string }>
  textById(id: number): Promise<string>
}

const requestTimeoutMs = 10_000
const Id = z.object({ id: z.int() })
const Version = z.object({ id: z.int(), version: z.int() })

/** Deleted with all its versions when the scenario ends. */
export async function openSubject({ endpoints, signal, undo }: Stage, name: string): Promise<Subject> {
  const root = `${withCredentials(endpoints.registry.url, endpoints.registry)}/apis/ccompat/v7`
  const subject = `${root}/subjects/${name}`
  const within = () => AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)])

  async function get<Schema extends z.ZodType>(schema: Schema, url: string): Promise<z.infer<Schema>> {
    const response = await fetchWithCredentials(url, { signal: within() })
    const body: unknown = await response.json()
    if (!response.ok)
      throw new Error(
        `GET ${withoutCredentials(url)}: the registry answered ${response.status}: ${JSON.stringify(body)}`
      )
    return schema.parse(body)
  }
  async function post(url: string, body: object): Promise<{ status: number; body: unknown }> {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
    const response = await fetchWithCredentials(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: within()
    })
    return { status: response.status, body: await response.json() }
  }

  undo(`subject ${name}`, async () => {
    // The first hides the versions, the second removes them; a subject without a version is a 404.
    for (const url of [subject, `${subject}?permanent=true`]) {
      const { ok, status } = await fetchWithCredentials(url, {
        method: 'DELETE',
        signal: AbortSignal.timeout(requestTimeoutMs)
      })
      if (!ok && status !== 404) throw new Error(`DELETE ${withoutCredentials(url)}: the registry answered ${status}`)
    }
  })
  return {
    compatibility: async () =>
      (await get(z.object({ compatibilityLevel: z.string() }), `${root}/config`)).compatibilityLevel,
    async register(schema) {
      const sent = { schemaType: 'PROTOBUF', schema }
      const { status, body } = await post(`${subject}/versions`, sent)
      if (status !== 200) return { status, message: z.object({ message: z.string() }).parse(body).message }
      const { id } = Id.parse(body)
      const { version } = Version.parse((await post(subject, sent)).body)
      return { version, id, dataschema: withoutCredentials(`${subject}/versions/${version}`) }
    },
    versions: () => get(z.array(z.int()), `${subject}/versions`),
    textAt: dataschema =>
      get(z.object({ id: z.int(), schema: z.string() }), withCredentials(dataschema, endpoints.registry)),
    textById: async id => (await get(z.object({ schema: z.string() }), `${root}/schemas/ids/${id}`)).schema
  }
}
