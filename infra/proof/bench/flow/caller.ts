// Requests as a caller of createStudent and updateStudent sends them.
import { Pool } from 'undici'
import { z } from 'zod'
import type { Endpoints } from '../../../knative-local/index.ts'

export interface Created {
  readonly status: number
  readonly id: string | undefined
}

export interface Caller {
  create(): Promise<Created>
  update(id: string): Promise<number>
  isActive(id: string): Promise<boolean>
  close(): Promise<void>
}

const headers = { 'content-type': 'application/json' }
const student = JSON.stringify({ userId: 'user-1', name: 'Ada Lovelace', email: 'ada@example.com' })
const change = JSON.stringify({ name: 'Ada King' })
const Answer = z.object({ id: z.string() })
const View = z.object({ directory: z.object({ status: z.string() }).nullable() })

export async function post(pool: Pool): Promise<Created> {
  const response = await pool.request({ path: '/', method: 'POST', headers, body: student })
  const answer: unknown = await response.body.json()
  return { status: response.statusCode, id: Answer.safeParse(answer).data?.id }
}

export function openCaller({ functions: { createStudent, updateStudent } }: Endpoints, connections: number): Caller {
  if (!createStudent || !updateStudent) throw new Error('createStudent and updateStudent do not run')
  const creates = new Pool(createStudent.url, { connections })
  const updates = new Pool(updateStudent.url, { connections })
  return {
    create: () => post(creates),
    async update(id) {
      const response = await updates.request({ path: `/${id}`, method: 'PATCH', headers, body: change })
      await response.body.dump()
      return response.statusCode
    },
    async isActive(id) {
      const response = await creates.request({ path: `/${id}`, method: 'GET' })
      return View.parse(await response.body.json()).directory?.status === 'active'
    },
    close: async () => void (await Promise.all([creates.close(), updates.close()]))
  }
}
