// Sends requests, at a rate or as fast as they are answered, and keeps how long each took and what was answered.
import { setTimeout as sleep } from 'node:timers/promises'

export type Load =
  /** Sent on time whether or not earlier ones were answered. */
  | { readonly perSecond: number; readonly seconds: number }
  /** Each connection sends when it has its answer. */
  | { readonly connections: number; readonly seconds: number }

export interface Sent {
  /** Milliseconds to each answer. */
  readonly answers: readonly number[]
  readonly statuses: ReadonlyMap<string, number>
  /** From the first request to the last answer. */
  readonly seconds: number
}

/** @param post does the number-th request and returns its status; a throw counts under its message */
export async function send(load: Load, post: (number: number) => Promise<number>): Promise<Sent> {
  const answers: number[] = []
  const statuses = new Map<string, number>()
  const one = async (number: number): Promise<void> => {
    const from = performance.now()
    const status = await post(number).catch((error: Error) => error.message)
    if (typeof status === 'number') answers.push(performance.now() - from)
    statuses.set(String(status), (statuses.get(String(status)) ?? 0) + 1)
  }
  const begin = performance.now()
  if ('perSecond' in load) await atRate(load.perSecond, load.seconds, one)
  else await saturated(load.connections, load.seconds, one)
  return { answers, statuses, seconds: (performance.now() - begin) / 1_000 }
}

async function atRate(rate: number, seconds: number, one: (number: number) => Promise<void>): Promise<void> {
  const begin = performance.now()
  const pending: Promise<void>[] = []
  for (let sent = 0; sent < rate * seconds;) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - begin) / 1_000) * rate) + 1)
    while (sent < due) pending.push(one(sent++))
    await sleep(2)
  }
  await Promise.all(pending)
}

async function saturated(connections: number, seconds: number, one: (number: number) => Promise<void>): Promise<void> {
  const until = performance.now() + seconds * 1_000
  let sent = 0
  const connection = async () => {
    while (performance.now() < until) await one(sent++)
  }
  await Promise.all(Array.from({ length: connections }, connection))
}
