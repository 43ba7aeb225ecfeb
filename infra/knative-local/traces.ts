// The traces that a running stack keeps, for whoever shows them.
export { openTraces, type Traces, type TraceSummary } from './traces/read-traces.ts'
export type { Span } from './traces/span.ts'
export { type SpanRow, spanRows } from './traces/span-rows.ts'
