// Sends a command as any caller would: over HTTP to its function, or as an event to the Broker.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { blame, type Command, declaredCommands, describe, type FieldError } from '../reads/commands.ts'
import { defineAction, Refused } from './action.ts'

const timeoutMs = 30_000
const maxShownLength = 500
/** The CloudEvents `source` of what is sent from here. */
const source = '/console'

export interface Sent {
  /** Undefined where the function could not be asked at all. */
  readonly status: number | null
  readonly isDone: boolean
  /** What was answered, as JSON. */
  readonly answer: unknown
  readonly errors: readonly FieldError[]
  /** Where no field is to blame. */
  readonly detail: string
  readonly traceId: string
  /** Of the event, through the Broker: by these its outcome is found. */
  readonly event: { readonly source: string; readonly id: string } | null
}

const Answer = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional()
})

export const sendCommand = defineAction({
  input: z.object({
    function: z.string(),
    via: z.enum(['http', 'broker']),
    fields: z.record(z.string(), z.json()),
    /** Sent again with the same key, it is answered again and not done again. */
    key: z.uuid()
  }),
  async run(sources, { function: name, via, fields, key }): Promise<Sent> {
    const declared = (await declaredCommands()).find(one => one.name === name)
    if (declared === undefined) throw new Refused(`No function ${name} takes a command.`)
    const command = await describe(sources, declared)
    const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
    const context = { traceparent: `00-${traceId}-${spanId}-01` }
    if (via === 'broker') return { ...(await sendEvent(command, fields, key, context)), traceId }
    if (command.http.path.includes(':id') && (fields.id === undefined || fields.id === '')) {
      const errors = [{ field: 'id', message: 'must not be empty: it is in the address' }]
      return { status: null, isDone: false, answer: null, errors, detail: '', traceId, event: null }
    }
    return { ...(await sendRequest(command, fields, { ...context, 'idempotency-key': key })), traceId }
  }
})

type Headers = Readonly<Record<string, string>>
type Fields = Readonly<Record<string, z.core.util.JSONType>>

async function sendRequest(command: Command, fields: Fields, headers: Headers): Promise<Omit<Sent, 'traceId'>> {
  const { method, path, url } = command.http
  if (url === null) {
    throw new Refused(
      `The address of ${command.function} is unknown. Start the console with --function ${command.function}=URL.`
    )
  }
  const { id, ...others } = fields
  const isInPath = path.includes(':id')
  const target = new URL(isInPath ? path.replace(':id', encodeURIComponent(String(id))) : path, url)
  if (method === 'DELETE') {
    for (const [name, value] of Object.entries(others)) target.searchParams.set(name, String(value))
    return answerTo(command, target, { method, headers })
  }
  const body = JSON.stringify(isInPath ? others : fields)
  return answerTo(command, target, { method, headers: { ...headers, 'content-type': 'application/json' }, body })
}

async function sendEvent(
  command: Command,
  fields: Fields,
  id: string,
  context: Headers
): Promise<Omit<Sent, 'traceId'>> {
  const { broker } = command
  if (broker === null) throw new Refused(`No Trigger brings commands to ${command.function}: send it by HTTP.`)
  if (broker.url === null) throw new Refused(`Broker ${broker.name} has no address yet.`)
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': source,
    'ce-type': broker.type,
    'ce-time': new Date().toISOString(),
    'ce-traceparent': context.traceparent ?? '',
    ...context,
    'content-type': 'application/json'
  }
  const sent = await answerTo(command, new URL(broker.url), { method: 'POST', headers, body: JSON.stringify(fields) })
  return { ...sent, event: sent.isDone ? { source, id } : null }
}

async function answerTo(command: Command, url: URL, init: RequestInit): Promise<Omit<Sent, 'traceId'>> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Error(`${url.origin} does not answer: ${cause instanceof Error ? cause.message : cause}`)
  })
  const text = await response.text()
  const answer = readJson(text)
  const { data } = Answer.safeParse(answer)
  const known = { status: response.status, isDone: response.ok, answer, event: null }
  if (response.ok) return { ...known, errors: [], detail: '' }
  const errors = data?.errors ?? []
  if (errors.length > 0) return { ...known, errors, detail: '' }
  const said = data?.detail ?? data?.title ?? text.slice(0, maxShownLength)
  return {
    ...known,
    ...blame(
      said,
      command.fields.map(({ name }) => name)
    )
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
