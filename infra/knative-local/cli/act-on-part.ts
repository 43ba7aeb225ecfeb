// Stops, kills, pauses and starts parts of a running stack, as `npm run local -- kill broker-2` does.
import { called } from '../called.ts'
import { z } from 'zod'
import type { Action } from '../control.ts'
import type { Endpoints } from '../endpoints.ts'

/** Starting a JVM on a busy machine is the longest of them. */
const timeoutMs = 120_000
const Refusal = z.object({ error: z.string() })

/** Resolves when it is done: a part that was started answers. @throws in the runtime's own words */
export async function actOnPart(endpoints: Pick<Endpoints, 'control'>, part: string, action: Action): Promise<void> {
  await callControl(endpoints, 'POST', `/parts/${part}/${action}`)
}

export function nothingRuns(folder: string): Error {
  return new Error(
    `Nothing runs on ${folder}, or it is not ready yet. Start it with ${called('dev')}, or name the folder of one that runs: --state DIR, or LOCAL_STATE.`
  )
}

/** Asks the runtime itself. */
export async function callControl(
  { control }: Pick<Endpoints, 'control'>,
  method: string,
  path: string
): Promise<unknown> {
  const headers = { authorization: `Bearer ${control.token}` }
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(`${control.url}${path}`, { method, headers, signal }).catch(() => {
    throw new Error(
      `The runtime (pid ${control.pid}) does not answer at ${control.url}. Was it killed? ${called('dev')} starts it again.`
    )
  })
  const body: unknown = await response.json()
  if (!response.ok) {
    throw new Error(Refusal.safeParse(body).data?.error ?? `${method} ${path}: the runtime answered ${response.status}`)
  }
  return body
}
