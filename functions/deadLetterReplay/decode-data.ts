// The data of a letter for people: decoded by the schema that wrote it.
import type { NamespaceBase } from 'protobufjs'
import * as z from 'zod'
import type { EventAttributes } from '../runtime/events/received-event.ts'
import { parseJson } from '../runtime/events/json.ts'
import { studentEventAsJson } from '../students/student-events.ts'
import { protobufContentType } from '../runtime/events/event-type.ts'
import { fetchWithCredentials } from '../runtime/host/fetch-with-credentials.ts'

const requestTimeoutMs = 2_000
/** Of schemas kept; each version is fetched once. */
const maxCached = 500

/** Of an answer of the registry. */
const maxSchemaBytes = 256 * 1024
/** The only addresses that are asked for: a version in the registry's Confluent-compatible API. */
const versionPath = /^\/apis\/ccompat\/v7\/subjects\/[\w.-]+\/versions\/\d+$/

export type DecodeData = (attributes: EventAttributes, data: Buffer) => Promise<unknown>

/**
 * `dataschema` names the registered version. Only its path is used, against the registry that is configured: hosts and
 * ports change. Without the registry, the schema of this build decodes what it knows; the rest is shown as bytes.
 */
export function createDecoder(registryUrl: string | undefined): DecodeData {
  const schemas = new Map<string, Promise<NamespaceBase | undefined>>()

  async function writersSchema(dataschema: string | undefined): Promise<NamespaceBase | undefined> {
    if (registryUrl === undefined || dataschema === undefined || !URL.canParse(dataschema)) return undefined
    const path = new URL(dataschema).pathname
    if (!versionPath.test(path)) return undefined
    const known = schemas.get(path)
    if (known !== undefined) return known
    const url = new URL(registryUrl)
    url.pathname = path // set, not resolved: a path that begins with // would name another host
    const fetched = fetchSchema(url)
    if (schemas.size < maxCached) schemas.set(path, fetched)
    const schema = await fetched
    if (schema === undefined) schemas.delete(path) // asked for again next time
    return schema
  }

  return async (attributes, data) => {
    if (data.length === 0) return null
    const type = attributes.type ?? ''
    if (attributes.datacontenttype?.startsWith(protobufContentType)) {
      const schema = await writersSchema(attributes.dataschema)
      const decoded = decodeWith(schema, type, data) ?? studentEventAsJson(type, data)
      if (decoded !== undefined) return decoded
    } else if (/json/i.test(attributes.datacontenttype ?? '')) {
      try {
        return parseJson(data)
      } catch {
        // Not what it says it is, or too deep to be shown, which may be why it is here.
      }
    }
    return { base64: data.toString('base64') }
  }
}

async function fetchSchema(url: URL): Promise<NamespaceBase | undefined> {
  try {
    const response = await fetchWithCredentials(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(requestTimeoutMs)
    })
    if (!response.ok || Number(response.headers.get('content-length')) > maxSchemaBytes) return undefined
    const { schema } = z.object({ schema: z.string() }).parse(await response.json())
    const protobuf = await import('protobufjs')
    return protobuf.parse(schema, { keepCase: false }).root.resolveAll()
  } catch {
    return undefined
  }
}

function decodeWith(schema: NamespaceBase | undefined, type: string, data: Buffer): unknown {
  try {
    const message = schema?.lookupType(type)
    return message?.toObject(message.decode(data), { longs: String, bytes: String })
  } catch {
    return undefined
  }
}
