// deadLetterReplay over HTTP, and the parts of its answers that are shown.
import { z } from 'zod'
import { oneLine } from '../knative-local/command-line.ts'

/** Longer than the function waits for a small replay to end. */
const requestTimeoutMs = 30_000

/** The function answered, and said no. */
export class Refused extends Error {}

const known = z.union([z.string(), z.number()])

const Edit = z.object({ at: z.string(), by: z.string().nullable(), reason: z.string().nullable() })

export const Letter = z.looseObject({
  id: z.string(),
  function: z.string(),
  reason: z.string(),
  class: z.string(),
  state: z.string(),
  origin: z.string(),
  detail: z.string(),
  status: z.number().nullable(),
  topic: known,
  partition: known,
  offset: known,
  attempts: known,
  replays: z.number(),
  firstFailedAt: z.string(),
  lastFailedAt: z.string(),
  closedAt: z.string().nullable(),
  closedBecause: z.string().nullable(),
  waitsFor: z.string().nullable(),
  dueAt: z.string().nullable(),
  edit: Edit.nullable(),
  traceId: z.string().nullable(),
  held: z.number(),
  event: z.record(z.string(), z.string()),
  data: z.unknown()
})
export type Letter = z.infer<typeof Letter>

export const LetterPage = z.object({ deadLetters: z.array(Letter), next: z.string().optional() })

const errors = z.array(z.object({ at: z.string(), error: z.string() }))

export const FailingEvents = z.object({
  failing: z.array(
    z.looseObject({
      function: z.string(),
      source: z.string(),
      eventId: z.string(),
      type: z.string(),
      traceId: z.string().nullable(),
      student: z.string().nullable(),
      sequence: z.number().nullable(),
      attempts: z.number(),
      lastFailedAt: z.string(),
      errors,
      stack: z.array(z.string())
    })
  )
})

export const Retried = z.object({
  retried: z.array(
    z.looseObject({
      function: z.string(),
      type: z.string(),
      student: z.string().nullable(),
      sequence: z.number().nullable(),
      outcome: z.string(),
      status: z.number().nullable(),
      detail: z.string()
    })
  )
})

export const WholeLetter = Letter.extend({
  edit: Edit.extend({ data: z.unknown() }).nullable(),
  errors,
  stack: z.array(z.string()),
  history: z.array(
    z.looseObject({
      replay: z.string(),
      name: z.string(),
      result: z.string(),
      tries: z.number(),
      detail: z.string().nullable()
    })
  ),
  heldEvents: z.array(
    z.looseObject({ sequence: z.number(), event: z.record(z.string(), z.string()), heldAt: z.string() })
  )
})
export type WholeLetter = z.infer<typeof WholeLetter>

export const Groups = z.object({
  groups: z.array(
    z.looseObject({
      function: z.string(),
      reason: z.string(),
      class: z.string(),
      state: z.string(),
      count: z.number(),
      firstFailedAt: z.string(),
      lastFailedAt: z.string()
    })
  )
})

export const Job = z.looseObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(['running', 'done', 'stopped', 'aborted']),
  detail: z.string().nullable(),
  createdAt: z.string(),
  progress: z.object({
    waiting: z.number(),
    sending: z.number(),
    resolved: z.number(),
    failed: z.number(),
    skipped: z.number()
  })
})
export type Job = z.infer<typeof Job>

export const Jobs = z.object({ jobs: z.array(Job) })

export const WholeJob = Job.extend({
  results: z.array(
    z.looseObject({
      letter: z.string(),
      function: z.string(),
      student: z.string().nullable(),
      sequence: z.number().nullable(),
      result: z.string(),
      tries: z.number(),
      status: z.number().nullable(),
      detail: z.string().nullable()
    })
  )
})
export type WholeJob = z.infer<typeof WholeJob>

export const Preview = z.object({
  count: z.number(),
  wouldReplay: z.array(
    z.looseObject({
      id: z.string(),
      function: z.string(),
      reason: z.string(),
      student: z.string().nullable(),
      sequence: z.number().nullable(),
      replays: z.number()
    })
  ),
  warnings: z.array(z.string())
})

export const Started = z.object({ job: Job })
export const Discarded = z.looseObject({ id: z.string(), state: z.string(), fenceMoved: z.boolean() })

const Problem = z.looseObject({ title: z.string(), detail: z.string().optional() })

export type Ask = <Schema extends z.ZodType>(
  schema: Schema,
  method: 'GET' | 'POST',
  path: string,
  body?: object
) => Promise<z.infer<Schema>>

/** @throws Refused with the function's own words; any other error means that it cannot be reached */
export function replayApi(url: string): Ask {
  return async (schema, method, path, body) => {
    const headers = body === undefined ? undefined : { 'content-type': 'application/json' }
    return schema.parse(await (await request(url, path, { method, headers, body: JSON.stringify(body) })).json())
  }
}

/** Letters in a CloudEvents format, as they come, and the id after which the next page begins. @throws as replayApi */
export async function readAsEvents(url: string, path: string, format: string) {
  const response = await request(url, path, { headers: { accept: format } })
  const next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
  const after = next === undefined ? null : new URL(next, url).searchParams.get('after')
  return { events: await response.json(), after }
}

async function request(url: string, path: string, init: RequestInit): Promise<Response> {
  const signal = AbortSignal.timeout(requestTimeoutMs)
  const response = await fetch(new URL(path, url), { ...init, signal }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Error(`deadLetterReplay does not answer at ${url}: ${cause instanceof Error ? cause.message : cause}`)
  })
  if (response.ok) return response
  const problem = Problem.safeParse(await response.json().catch(() => undefined))
  const words = problem.success ? [problem.data.title, problem.data.detail].filter(Boolean).join(': ') : ''
  if (response.status < 500) throw new Refused(oneLine(words) || `deadLetterReplay answered ${response.status}`)
  throw new Error(`deadLetterReplay answered ${response.status} ${oneLine(words)}`)
}
