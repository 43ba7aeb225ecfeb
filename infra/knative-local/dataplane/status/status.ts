// What GET /status answers: the status of every KafkaSource and Trigger, and of every Broker and KafkaSink.

export interface EgressStatus {
  readonly kind: 'KafkaSource' | 'Trigger'
  readonly namespace: string
  readonly name: string
  readonly group: string
  /** The group is stable and every partition this process has in it has its position. */
  readonly ready: boolean
  readonly state: 'waiting' | 'joining' | 'consuming' | 'stopped'
  /** Why it is not ready, in the words of Knative's conditions where there are any. */
  readonly reason?: string | undefined
  readonly message?: string | undefined
  readonly sinkUri?: string | undefined
  readonly deadLetterSinkUri?: string | undefined
  readonly assignments: readonly AssignmentStatus[]
  readonly inFlight: number
  readonly delivered: number
  /** Events a Trigger's filter did not take. */
  readonly filtered: number
  readonly retries: number
  readonly deadLettered: number
  /** Events lost because neither the sink nor the dead letter sink took them. */
  readonly dropped: number
  /** Records of a Broker's topic that are no CloudEvents. */
  readonly discarded: number
  /** Events delivered per second, in the last second. */
  readonly rate: number
  /** Records whose delivery has failed and is tried again now: those with most failures first, at most 10 of them. */
  readonly retrying: readonly RetryingRecord[]
  /** The last attempt that failed, with the place of its record, whatever became of it. */
  readonly lastError?: string | undefined
}

export interface RetryingRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Undefined when the record says none. */
  readonly eventId?: string | undefined
  readonly failures: number
  readonly since: string
  readonly error: string
}

export interface AssignmentStatus {
  readonly topic: string
  readonly partition: number
  /** Next offset to fetch. */
  readonly position: number
  readonly committed: number
  readonly lag: number
}

export interface IngressStatus {
  readonly kind: 'Broker' | 'KafkaSink'
  readonly namespace: string
  readonly name: string
  readonly topic: string
  /** Kafka is there, and so is the topic. */
  readonly ready: boolean
  readonly reason?: string | undefined
  readonly message?: string | undefined
}

export interface DataPlaneStatus {
  readonly ready: boolean
  readonly ingressUrl: string
  readonly sinkUrl: string
  readonly sources: readonly EgressStatus[]
  readonly ingresses: readonly IngressStatus[]
  /** Where spans are wanted: how many were sent, and how many were not. */
  readonly spans?: { readonly spans: number; readonly dropped: number }
  /** Problems of the last edit, while the state before it stays. */
  readonly problems: readonly string[]
}
