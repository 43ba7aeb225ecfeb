// The console's server, with the types that its reads and actions have.
import type { z } from 'zod'
import type { Actions } from '../actions/all.ts'
import type { Reads } from '../reads/all.ts'

export type ReadName = keyof Reads
export type ReadInput<Name extends ReadName> = z.input<Reads[Name]['input']>
export type ReadOutput<Name extends ReadName> = Awaited<ReturnType<Reads[Name]['run']>>
export type ActionName = keyof Actions
export type ActionInput<Name extends ActionName> = z.input<Actions[Name]['input']>
export type ActionOutput<Name extends ActionName> = Awaited<ReturnType<Actions[Name]['run']>>

/** What went wrong, in a sentence of the server's. */
export class ApiError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function readUrl<Name extends ReadName>(name: Name, input: ReadInput<Name>): string {
  const given = Object.entries(input as Record<string, unknown>).filter(
    ([, value]) => value !== undefined && value !== ''
  )
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()
  return `/api/reads/${name}${query === '' ? '' : `?${query}`}`
}

/** @throws ApiError */
export async function read<Name extends ReadName>(
  name: Name,
  input: ReadInput<Name>,
  signal?: AbortSignal
): Promise<ReadOutput<Name>> {
  return (await answerTo(readUrl(name, input), { ...(signal && { signal }) })) as ReadOutput<Name>
}

/** @throws ApiError */
export async function act<Name extends ActionName>(name: Name, input: ActionInput<Name>): Promise<ActionOutput<Name>> {
  const answer = await answerTo(`/api/actions/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input)
  })
  return answer as ActionOutput<Name>
}

async function answerTo(url: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'The console’s server does not answer. npm run dev or npm run console starts it.')
  })
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : ''
  throw new ApiError(response.status, detail || `The console’s server answered ${response.status}.`)
}
