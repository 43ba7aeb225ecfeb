// A finished span as it is stored, drawn and handed out: one step of one trace.

export const spanKinds = ['internal', 'server', 'client', 'producer', 'consumer'] as const
export type SpanKind = (typeof spanKinds)[number]

export type AttributeValue = string | number | boolean | readonly AttributeValue[]
export type Attributes = Readonly<Record<string, AttributeValue>>

export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Absent for the first of its trace; its span may be one that nobody sent here. */
  readonly parentId?: string
  /** The Service or the part that it was done by. */
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  /** Milliseconds since 1970, with a fraction. */
  readonly startMs: number
  readonly durationMs: number
  readonly failed: boolean
  /** Why it failed. */
  readonly reason?: string
  readonly attributes: Attributes
  /** Spans of this trace or of another one that it has to do with. */
  readonly links: readonly SpanLink[]
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Attributes
}
