// deadLetterReplay over HTTP, and the parts of its answers that are shown.
import { z } from 'zod'

/** Longer than the function waits for a small replay to end. */
const requestTimeoutMs = 30_000

/** The function answered, and said no. */
export class Refused extends Error {}

const known = z.union([z.string(), z.number()])

export const Letter = z.looseObject({
  id: z.string(),
  function: z.string(),
  reason: z.string(),
  class: z.string(),
  state: z.string(),
  detail: z.string(),
  status: z.number().nullable(),
  topic: known,
  partition: known,
  offset: known,
  attempts: known,
  replays: z.number(),
  firstFailedAt: z.string(),
  lastFailedAt: z.string(),
  closedBecause: z.string().nullable(),
  traceId: z.string().nullable(),
  held: z.number(),
  event: z.record(z.string(), z.string()),
  data: z.unknown()
})
export type Letter = z.infer<typeof Letter>

export const LetterPage = z.object({ deadLetters: z.array(Letter), next: z.string().optional() })

export const WholeLetter = Letter.extend({
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
    const response = await fetch(new URL(path, url), {
      method,
      signal: AbortSignal.timeout(requestTimeoutMs),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    }).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      throw new Error(`deadLetterReplay does not answer at ${url}: ${cause instanceof Error ? cause.message : cause}`)
    })
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok) return schema.parse(answer)
    const problem = Problem.safeParse(answer)
    const words = problem.success ? [problem.data.title, problem.data.detail].filter(Boolean).join(': ') : ''
    if (response.status < 500) throw new Refused(words || `deadLetterReplay answered ${response.status}`)
    throw new Error(`deadLetterReplay answered ${response.status} ${words}`)
  }
}
