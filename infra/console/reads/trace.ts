// Traces: one by its id, and those of an event or a student. They are what the local stack keeps; a cluster has a backend of its own.
import { z } from 'zod'
import { type SpanRow, spanRows, type TraceSummary } from '../../knative-local/traces.ts'
import { defineRead, NotFound } from './read.ts'
import type { Sources } from './sources.ts'

const elsewhere = 'Traces of a cluster are where its collector sends them.'

export const trace = defineRead({
  description: 'One trace with all its spans in the order of a waterfall, from the first request to the last effect.',
  input: z.object({ id: z.string() }),
  async run({ traces }: Sources, { id }): Promise<{ readonly traceId: string; readonly rows: readonly SpanRow[] }> {
    const found = (await traces?.())?.trace(id)
    if (found === undefined)
      throw new NotFound(
        traces === undefined
          ? elsewhere
          : `Trace ${id} is not kept: it is too old, was not sampled, or has not arrived yet.`
      )
    return { traceId: found.traceId, rows: spanRows(found.spans) }
  }
})

export const findTraces = defineRead({
  description: 'The traces of an event or a student, or the newest of all.',
  input: z.object({ of: z.string().optional(), limit: z.coerce.number().int().min(1).max(500).default(50) }),
  async run({ traces }, { of, limit }): Promise<{ readonly traces: readonly TraceSummary[]; readonly note: string }> {
    if (traces === undefined) return { traces: [], note: elsewhere }
    const kept = await traces()
    const found = of ? kept?.find(of, limit) : kept?.recent({ limit })
    return { traces: found ?? [], note: '' }
  }
})
