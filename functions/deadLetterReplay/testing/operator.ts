// What a person asks deadLetterReplay for, over HTTP.
import { expect } from 'vitest'
import type { FunctionProcess } from '../../../infra/test/function-process.ts'

export interface Letter {
  readonly id: string
  readonly state: string
  readonly origin: string
  readonly event: Record<string, string>
}

/** A page of the listing. */
export async function letters(fn: FunctionProcess, query = ''): Promise<Letter[]> {
  const answer = (await (await fetch(`${fn.url}/${query}`)).json()) as { deadLetters: Letter[] }
  return answer.deadLetters
}

/** A replay, and what it answers. */
export async function command(fn: FunctionProcess, options: unknown): Promise<unknown> {
  const { status, body } = await send(fn, '/', options)
  expect(status).toBe(200)
  return body
}

/** Any other request with a body. */
export async function send(
  fn: FunctionProcess,
  path: string,
  body: unknown
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${fn.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  return { status: response.status, body: await response.json() }
}
