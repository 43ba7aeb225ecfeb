// The traces that a running stack keeps, for whoever shows them.
export { openTraces, type Trace, type Traces, type TraceSummary } from './traces/read-traces.ts'
export type { Attributes, AttributeValue, Span, SpanKind, SpanLink } from './traces/span.ts'
