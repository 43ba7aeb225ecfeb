// Sends commands as a careful caller does: each is repeated under its key until it is answered.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const requestTimeoutMs = 10_000
const repeatAfterMs = 500

const Student = z.object({ id: z.string(), version: z.number() })
export type AnsweredStudent = z.infer<typeof Student>

/** Undefined when it was given up before an answer came. */
export type Call = (method: string, url: string, key: string, body: object) => Promise<AnsweredStudent | undefined>

/** Counts in `counts`; `giveUp` ends the repeating, not the request under way. */
export function createCarefulCaller(counts: { sent: number; repeated: number }, giveUp: AbortSignal): Call {
  return async (method, url, key, body) => {
    counts.sent++
    while (!giveUp.aborted) {
      const answer = await ask(method, url, key, body).catch(() => undefined)
      if (answer) return answer
      counts.repeated++
      await sleep(repeatAfterMs)
    }
    return undefined
  }
}

async function ask(method: string, url: string, key: string, body: object): Promise<AnsweredStudent | undefined> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(requestTimeoutMs)
  })
  const text = await response.text()
  return response.ok ? Student.parse(JSON.parse(text)) : undefined
}
