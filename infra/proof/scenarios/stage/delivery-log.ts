// Deliveries to the functions that follow students, in the order in which a proxy hands them to the functions.

export interface Delivery {
  /** Who delivers it. */
  readonly member: string
  readonly function: string
  readonly id: string
  readonly student: string
  readonly sequence: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Of the scenario, as it was when the delivery came. */
  readonly step: string
  /** The function has answered 2xx: applied, held, or done before. */
  done: boolean
  /** From its coming to its answer; 0 while there is none. */
  tookMs: number
}

export interface DeliveryLog {
  readonly all: readonly Delivery[]
  /** What follows belongs to this step. */
  step: string
  add(delivery: Delivery): void
}

/** A scenario at a hundred events a second makes some ten thousand a minute. */
const maxDeliveries = 200_000

export function openDeliveryLog(): DeliveryLog {
  const all: Delivery[] = []
  return {
    all,
    step: '',
    add(delivery) {
      if (all.length === maxDeliveries) throw new Error(`over ${maxDeliveries} deliveries in one scenario`)
      all.push(delivery)
    }
  }
}

/** Undefined for what is no student's event from Kafka, such as a replay. */
export function readDelivery(
  member: string,
  step: string,
  headers: Readonly<Record<string, string>>
): Delivery | undefined {
  const student = headers['ce-subject']
  const offset = headers['ce-knativekafkaoffset']
  if (student === undefined || offset === undefined) return undefined
  return {
    member,
    function: headers['ce-function'] ?? '',
    id: headers['ce-id'] ?? '',
    student,
    sequence: Number(headers['ce-sequence']),
    topic: headers['ce-kafkatopic'] ?? '',
    partition: Number(headers['ce-knativekafkapartition']),
    offset: Number(offset),
    step,
    done: false,
    tookMs: 0
  }
}

export interface Repeat {
  readonly first: Delivery
  readonly again: Delivery
}

/** Deliveries of what the same function had answered before. */
export function repeatsIn(deliveries: readonly Delivery[]): Repeat[] {
  const firsts = new Map<string, Delivery>()
  return deliveries.flatMap(delivery => {
    if (!delivery.done) return []
    const event = `${delivery.function} ${delivery.id}`
    const first = firsts.get(event)
    if (first) return [{ first, again: delivery }]
    firsts.set(event, delivery)
    return []
  })
}
