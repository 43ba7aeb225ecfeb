// k6's end-of-test summary (--summary-export): the thresholds, and what was seen.
// https://grafana.com/docs/k6/latest/results-output/end-of-test/#summary-export
import { z } from 'zod'

const Metric = z
  .object({
    /** By expression: whether it was crossed. */
    thresholds: z.record(z.string(), z.boolean()).optional(),
    passes: z.number().optional(),
    fails: z.number().optional()
  })
  .catchall(z.unknown())
export const Summary = z.object({ metrics: z.record(z.string(), Metric) })
export type Summary = z.infer<typeof Summary>

export interface Threshold {
  readonly metric: string
  /** As in `checks{scenario:rate_40}`: rate_40. */
  readonly scenario?: string
  readonly expression: string
  readonly passes: boolean
  /** With its unit. */
  readonly seen: string
}

export function thresholdsOf({ metrics }: Summary): Threshold[] {
  const inOrder = Object.entries(metrics).toSorted(([a], [b]) => a.localeCompare(b)) // k6 writes them in any
  return inOrder.flatMap(([key, metric]) => {
    const [, name = key, scenario] = /^([^{]+)\{scenario:([^}]+)\}$/.exec(key) ?? []
    return Object.entries(metric.thresholds ?? {}).map(([expression, crossed]) => ({
      metric: name,
      ...(scenario === undefined ? {} : { scenario }),
      expression,
      passes: !crossed,
      seen: seen(name, expression, metric)
    }))
  })
}

export function droppedIterations({ metrics }: Summary): number {
  return Number(metrics.dropped_iterations?.count ?? 0)
}

function seen(name: string, expression: string, metric: z.infer<typeof Metric>): string {
  const { passes = 0, fails = 0 } = metric
  if (name === 'checks') return `${passes} of ${passes + fails}`
  const [statistic = ''] = expression.split(/[<>=!]/)
  const value = Number(metric[statistic.trim()] ?? 0)
  if (name === 'http_req_duration') return `${value.toFixed(0)} ms`
  return statistic.trim() === 'rate' ? `${value.toFixed(1)} a second` : String(value)
}
