// Whether the system has recovered: all parts are healthy, and a new student goes all the way: HTTP, outbox, Debezium, Kafka,
// a function, the database.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { Status, type Endpoints } from '../../knative-local/index.ts'

const pollMs = 250

const Created = z.object({ id: z.string() })
const Seen = z.object({ timeline: z.array(z.unknown()) })

/** `key` is that of the student's command, another one each time. */
export async function isRecovered(endpoints: Endpoints, key: string, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  const url = endpoints.functions.createStudent?.url ?? ''
  const body = JSON.stringify({ userId: 'user-1', name: 'Probe', email: `${key.replace('-', '@')}` })
  let id: string | undefined
  while (performance.now() < deadline) {
    try {
      const timeout = () => AbortSignal.timeout(5_000)
      if (id === undefined) {
        const headers = { 'content-type': 'application/json', 'idempotency-key': key }
        const created = await fetch(url, { method: 'POST', headers, body, signal: timeout() })
        if (created.ok) id = Created.parse(await created.json()).id
      } else {
        const { timeline } = Seen.parse(await (await fetch(`${url}/${id}`, { signal: timeout() })).json())
        const status = Status.parse(
          await (await fetch(`${endpoints.control.url}/status`, { signal: timeout() })).json()
        )
        if (timeline.length > 0 && status.healthy) return true
      }
    } catch {
      // Not yet.
    }
    await sleep(pollMs)
  }
  return false
}
