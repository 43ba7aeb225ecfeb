// What is true of the objects right now; the runtime says it, the API shows it.

export interface ObjectState {
  /** Absent while nothing is known yet, as in a cluster before the controller has looked at the object. */
  readonly ready?: 'True' | 'False' | 'Unknown'
  /** One word, for the REASON column: `ConsumerGroup`, `Starting`. */
  readonly reason?: string
  readonly message?: string
  /** Where the object can be reached on this machine: a Service, a Broker, a KafkaSink. */
  readonly url?: string
  /** Where its events go, resolved: a KafkaSource's sink, a Trigger's subscriber. */
  readonly sinkUri?: string
  readonly deadLetterSinkUri?: string
  /** Further fields of status, as the object's own controller would write them. */
  readonly status?: Readonly<Record<string, unknown>>
}

/** By `stateKey`. An object that is not in it shows no status. */
export type LiveState = ReadonlyMap<string, ObjectState>

/** `kind` without its group: only a Knative Service has a state among the Services. */
export function stateKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`
}
