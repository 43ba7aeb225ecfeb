// The annotations under autoscaling.knative.dev/ of a Knative Service's template.
// https://github.com/knative/serving/blob/main/pkg/apis/autoscaling/annotation_validation.go
import { nearestName } from '../nearest-name.ts'
import { goDurationMs } from './go-duration.ts'

export const autoscalingPrefix = 'autoscaling.knative.dev'

const maxInt32 = 2_147_483_647
const kpa = 'kpa.autoscaling.knative.dev'
const hpa = 'hpa.autoscaling.knative.dev'
const maxWindowMs = 3_600_000
const minWindowMs = 6_000

/** Names as they are written now; most have an older camelCase spelling that is still read. */
const known = [
  'class',
  'min-scale',
  'max-scale',
  'initial-scale',
  'activation-scale',
  'scale-down-delay',
  'scale-to-zero-pod-retention-period',
  'metric',
  'metric-aggregation-algorithm',
  'target',
  'target-utilization-percentage',
  'target-burst-capacity',
  'window',
  'panic-window-percentage',
  'panic-threshold-percentage'
] as const
type Name = (typeof known)[number]

/** These have no older spelling. */
const withoutOlderSpelling = new Set<Name>(['class', 'metric', 'target', 'window', 'activation-scale'])

export interface Scale {
  readonly minScale: number
  readonly maxScale: number
  readonly initialScale: number
}

interface Written {
  readonly key: string
  readonly value: string
}

type Annotations = Readonly<Record<string, string>>
type Report = (key: string, message: string) => void

function find(annotations: Annotations, name: Name): Written | undefined {
  const spellings = withoutOlderSpelling.has(name) ? [name] : [name, camelCase(name)]
  for (const spelling of spellings) {
    const key = `${autoscalingPrefix}/${spelling}`
    const value = annotations[key]
    if (value !== undefined) return { key, value }
  }
  return undefined
}

export function readScale(annotations: Annotations): Scale {
  const number = (name: Name, fallback: number) => Number(find(annotations, name)?.value ?? fallback)
  return {
    minScale: number('min-scale', 0),
    maxScale: number('max-scale', 0),
    initialScale: number('initial-scale', 1)
  }
}

export function checkAutoscaling(annotations: Annotations, report: Report): void {
  const scalerClass = find(annotations, 'class')
  if (scalerClass?.value.endsWith('.knative.dev') && ![kpa, hpa].includes(scalerClass.value)) {
    report(scalerClass.key, `invalid value: "${scalerClass.value}"; use ${kpa} or ${hpa}`)
  }
  checkScales(annotations, report)
  checkTargets(annotations, report)
  checkDuration(find(annotations, 'window'), report, { lowMs: minWindowMs, wholeSeconds: true })
  checkDuration(find(annotations, 'scale-down-delay'), report, { lowMs: 0, wholeSeconds: true })
  checkDuration(find(annotations, 'scale-to-zero-pod-retention-period'), report, { lowMs: 0, wholeSeconds: false })
  checkMetric(annotations, scalerClass?.value, report)
}

function checkScales(annotations: Annotations, report: Report): void {
  const min = checkCount(find(annotations, 'min-scale'), report)
  const max = checkCount(find(annotations, 'max-scale'), report)
  if (min !== undefined && max !== undefined && max !== 0 && max < min) {
    report(`${autoscalingPrefix}/max-scale`, `max-scale ${max} is less than min-scale ${min}`)
  }
  const activation = find(annotations, 'activation-scale')
  if (activation !== undefined) {
    const value = integer(activation.value)
    if (value === undefined) report(activation.key, `invalid value: "${activation.value}"; a whole number is expected`)
    else if (min !== undefined && min > value)
      report(activation.key, `min-scale ${min} is greater than activation-scale ${value}`)
    else if (max !== undefined && max !== 0 && max < value)
      report(activation.key, `max-scale ${max} is less than activation-scale ${value}`)
    else if (value < 2) report(activation.key, `activation-scale ${value} must be greater than 1`)
  }
  const initial = find(annotations, 'initial-scale')
  if (initial !== undefined) {
    const value = integer(initial.value)
    if (value === undefined || value < 0)
      report(initial.key, `invalid value: "${initial.value}"; a whole number above 0 is expected`)
    else if (value === 0)
      report(initial.key, 'invalid value: 0 is allowed only where the cluster says allow-zero-initial-scale')
  }
}

function checkTargets(annotations: Annotations, report: Report): void {
  checkRange(find(annotations, 'panic-window-percentage'), report, 1, 100)
  checkRange(find(annotations, 'panic-threshold-percentage'), report, 110, 1_000)
  checkRange(find(annotations, 'target'), report, 0.01, Number.POSITIVE_INFINITY)
  checkRange(find(annotations, 'target-utilization-percentage'), report, 1, 100)
  const burst = find(annotations, 'target-burst-capacity')
  if (burst === undefined) return
  const value = decimal(burst.value)
  if (value === undefined || (value < 0 && value !== -1))
    report(burst.key, `invalid value: "${burst.value}"; a number, or -1 for no limit, is expected`)
}

function checkMetric(annotations: Annotations, scalerClass: string | undefined, report: Report): void {
  const metric = find(annotations, 'metric')
  if (metric !== undefined) {
    const of = scalerClass ?? kpa
    if (
      (of === kpa && metric.value !== 'concurrency' && metric.value !== 'rps') ||
      (of === hpa && metric.value === '')
    ) {
      const expected = of === kpa ? 'concurrency or rps' : 'cpu, memory or a custom metric'
      report(metric.key, `invalid value: "${metric.value}"; use ${expected}`)
    }
  }
  const algorithm = find(annotations, 'metric-aggregation-algorithm')
  const algorithms = ['', 'linear', 'weighted-exponential', 'weightedExponential']
  if (scalerClass === kpa && algorithm !== undefined && !algorithms.includes(algorithm.value)) {
    report(algorithm.key, `invalid value: "${algorithm.value}"; use linear or weighted-exponential`)
  }
}

function checkRange(written: Written | undefined, report: Report, low: number, high: number): void {
  if (written === undefined) return
  const value = decimal(written.value)
  if (value === undefined) report(written.key, `invalid value: "${written.value}"; a number is expected`)
  else if (value < low || value > high) report(written.key, `expected ${low} <= ${written.value} <= ${high}`)
}

function checkDuration(
  written: Written | undefined,
  report: Report,
  { lowMs, wholeSeconds }: { readonly lowMs: number; readonly wholeSeconds: boolean }
): void {
  if (written === undefined) return
  const ms = goDurationMs(written.value)
  if (ms === undefined)
    report(written.key, `invalid value: "${written.value}"; a duration such as 30s or 5m is expected`)
  else if (ms < lowMs || ms > maxWindowMs) report(written.key, `expected ${lowMs / 1_000}s <= ${written.value} <= 1h`)
  else if (wholeSeconds && ms % 1_000 !== 0) report(written.key, `"${written.value}" must be whole seconds`)
}

/** Answers 0 for one that is not written, and nothing for one that is wrong. */
function checkCount(written: Written | undefined, report: Report): number | undefined {
  if (written === undefined) return 0
  const value = integer(written.value)
  if (value === undefined) report(written.key, `invalid value: "${written.value}"; a whole number is expected`)
  else if (value < 0 || value > maxInt32) report(written.key, `expected 0 <= ${written.value} <= ${maxInt32}`)
  else return value
  return undefined
}

/** Knative does not read a misspelt annotation, and does not say so. */
export function autoscalingTypos(annotations: Annotations): { key: string; message: string }[] {
  const spellings = new Set<string>(
    known.flatMap(name => (withoutOlderSpelling.has(name) ? [name] : [name, camelCase(name)]))
  )
  return Object.keys(annotations).flatMap(key => {
    const name = key.startsWith(`${autoscalingPrefix}/`) ? key.slice(autoscalingPrefix.length + 1) : undefined
    if (name === undefined || spellings.has(name)) return []
    const near = nearestName(
      name.replaceAll('-', ''),
      known.map(written => written.replaceAll('-', ''))
    )
    const meant = known.find(written => written.replaceAll('-', '') === near)
    return [
      {
        key,
        message: `Knative does not know this annotation and ignores it${meant === undefined ? '' : `; did you mean ${autoscalingPrefix}/${meant}?`}`
      }
    ]
  })
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function integer(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined
}

function decimal(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}
