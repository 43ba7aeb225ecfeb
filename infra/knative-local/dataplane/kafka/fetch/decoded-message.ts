// A record as kafkajs hands it over, with what kafkajs leaves out: headers in their order, and batches that cannot be read.

export type HeaderList = readonly (readonly [name: string, value: Buffer | null])[]

export interface BatchContext {
  readonly firstOffset: string
  readonly producerId: string
  readonly inTransaction: boolean
  readonly isControlBatch: boolean
}

/** The properties that kafkajs gives a message, and `headerList`. */
export class DecodedMessage {
  readonly magicByte = 2
  readonly attributes = 0
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headerList: HeaderList
  readonly isControlRecord: boolean
  readonly batchContext: BatchContext

  constructor(
    offset: bigint,
    timestamp: bigint,
    key: Buffer | null,
    value: Buffer | null,
    headerList: HeaderList,
    batchContext: BatchContext
  ) {
    this.offset = String(offset)
    this.timestamp = String(timestamp)
    this.key = key
    this.value = value
    this.headerList = headerList
    this.isControlRecord = batchContext.isControlBatch
    this.batchContext = batchContext
  }

  /** As kafkajs has them, grouped by name; without the names that every JavaScript object has. */
  get headers(): Record<string, Buffer | null | (Buffer | null)[]> {
    const byName = new Map<string, (Buffer | null)[]>()
    for (const [name, value] of this.headerList) {
      const values = byName.get(name)
      if (values === undefined) byName.set(name, [value])
      else values.push(value)
    }
    const headers: Record<string, Buffer | null | (Buffer | null)[]> = Object.create(null)
    for (const [name, values] of byName) headers[name] = values.length === 1 ? (values[0] ?? null) : values
    return headers
  }
}

/** In the place of offsets that hold nothing to deliver (aborted, compacted): kafkajs passes over control records, but not over nothing. */
export function nothingUpTo(offset: bigint, batchContext: BatchContext): DecodedMessage {
  return new DecodedMessage(offset, 0n, null, null, [], { ...batchContext, isControlBatch: true })
}

export interface Unreadable {
  readonly from: number
  readonly to: number
  readonly reason: string
  /** Kafka did not give it out, so nobody knows what is there; otherwise it did, and it cannot be decoded. */
  readonly refused: boolean
}

/** A batch that could not be decoded. Whoever does not ask for `unreadable` gets the reason when reading a field. */
export class UnreadableBatch {
  /** Of its last record, so that reading continues after it. */
  readonly offset: string
  readonly isControlRecord = false
  readonly batchContext: BatchContext
  readonly unreadable: Unreadable

  constructor(from: bigint, to: bigint, reason: string, batchContext: BatchContext, refused = false) {
    this.offset = String(to)
    this.batchContext = batchContext
    this.unreadable = { from: Number(from), to: Number(to), reason, refused }
  }

  get key(): never {
    return this.refuse()
  }

  get value(): never {
    return this.refuse()
  }

  get headers(): never {
    return this.refuse()
  }

  get headerList(): never {
    return this.refuse()
  }

  get timestamp(): never {
    return this.refuse()
  }

  private refuse(): never {
    const { from, to, reason } = this.unreadable
    throw new Error(`offsets ${from} to ${to} cannot be read: ${reason}`)
  }
}

export type FetchedMessage = DecodedMessage | UnreadableBatch
