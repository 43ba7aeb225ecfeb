// A Kafka record as the data plane sees it, whoever read it.

export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Any 64-bit number: brokers take what a producer says. */
  readonly timestampMs: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** In the record's order; a name may come more than once, a value may be null. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

export function lastHeader(record: KafkaRecord, name: string): Buffer | null | undefined {
  return record.headers.findLast(([key]) => key === name)?.[1]
}
