// Which traces are sent, by OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG; and one sampler more, for a machine of one's own:
//
//   parentbased_rate   with the argument `10,0.01`: 10 new traces a second, then a hundredth; what failed always
//
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  createAlwaysRecordSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler
} from '@opentelemetry/sdk-trace'

export interface Sampling {
  readonly sampler: Sampler
  /** Spans that failed are sent although their trace is not. */
  readonly failedToo: boolean
}

/** A name or a number that the standard does not know counts as none, as it asks. */
export function samplingFrom(env: NodeJS.ProcessEnv, now = () => performance.now()): Sampling {
  const { OTEL_TRACES_SAMPLER: name = '', OTEL_TRACES_SAMPLER_ARG: argument = '' } = env
  if (name === 'parentbased_rate') {
    const [perSecond, ratio] = argument.split(',')
    const root = rateThenRatio(positive(perSecond, 10), ratioOf(ratio, 0.01), now)
    return { sampler: createAlwaysRecordSampler(new ParentBasedSampler({ root })), failedToo: true }
  }
  const roots: Readonly<Record<string, () => Sampler>> = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratioOf(argument, 1))
  }
  const isParentBased = name.startsWith('parentbased_')
  const root = roots[isParentBased ? name.slice('parentbased_'.length) : name]?.()
  if (root !== undefined && !isParentBased) return { sampler: root, failedToo: false }
  return { sampler: new ParentBasedSampler({ root: root ?? new AlwaysOnSampler() }), failedToo: false }
}

function rateThenRatio(perSecond: number, ratio: number, now: () => number): Sampler {
  const rest = new TraceIdRatioBasedSampler(ratio)
  let second = -1
  let begun = 0
  return {
    shouldSample(context, traceId) {
      const current = Math.floor(now() / 1_000)
      if (current !== second) {
        second = current
        begun = 0
      }
      return begun++ < perSecond
        ? { decision: SamplingDecision.RECORD_AND_SAMPLED }
        : rest.shouldSample(context, traceId)
    },
    toString: () => `Rate{${perSecond}/s, then ${ratio}}`
  }
}

function positive(text: string | undefined, otherwise: number): number {
  const number = Number(text)
  return text !== undefined && text !== '' && number > 0 ? number : otherwise
}

function ratioOf(text: string | undefined, otherwise: number): number {
  const number = Number(text)
  return text !== undefined && text !== '' && number >= 0 && number <= 1 ? number : otherwise
}
