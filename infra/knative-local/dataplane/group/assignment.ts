// Who of a group's members reads which partition: an even share, and as much as possible of what each one has already, so that
// a member who joins or leaves disturbs few partitions. (kafkajs brings round robin only; Knative uses Kafka's StickyAssignor.)

export interface Member {
  readonly id: string
  readonly topics: readonly string[]
  /** What it reads until this rebalance, as `topic/partition`. */
  readonly owned: ReadonlySet<string>
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** The next offset to read. */
export interface Position extends TopicPartition {
  readonly position: number
}

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

export function assign(
  members: readonly Member[],
  partitions: readonly TopicPartition[]
): Map<string, TopicPartition[]> {
  const shares = new Map<string, TopicPartition[]>(members.map(({ id }) => [id, []]))
  const byId = members.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const sizeOf = (member: Member): number => shares.get(member.id)?.length ?? 0

  const readers = (partition: TopicPartition): Member[] => byId.filter(({ topics }) => topics.includes(partition.topic))
  const fairShare = Math.ceil(partitions.length / Math.max(1, members.length))

  // First what stays where it is, up to a fair share; then the rest, each to whoever has least.
  const moving: TopicPartition[] = []
  for (const partition of partitions) {
    const owner = readers(partition).find(member => member.owned.has(partitionKey(partition)))
    if (owner !== undefined && sizeOf(owner) < fairShare) shares.get(owner.id)?.push(partition)
    else moving.push(partition)
  }
  for (const partition of moving) {
    const [least] = readers(partition).toSorted((a, b) => sizeOf(a) - sizeOf(b))
    if (least !== undefined) shares.get(least.id)?.push(partition)
  }
  level(byId, shares)
  return shares
}

/** Of what a member was given at a join: the positions of what it owned before, and what is new to it. */
export function keptAndAdded(
  given: Readonly<Record<string, readonly number[]>>,
  owned: Iterable<Position>
): { readonly kept: readonly Position[]; readonly added: readonly TopicPartition[] } {
  const before = new Map(Array.from(owned, position => [partitionKey(position), position]))
  const all = Object.entries(given).flatMap(([topic, partitions]) =>
    partitions.map(partition => ({ topic, partition }))
  )
  return {
    kept: all.flatMap(partition => before.get(partitionKey(partition)) ?? []),
    added: all.filter(partition => !before.has(partitionKey(partition)))
  }
}

/** Shares up to a fair share each may still differ by more than one (10 partitions, 4 members: 3, 3, 3, 1). */
function level(members: readonly Member[], shares: Map<string, TopicPartition[]>): void {
  for (;;) {
    const bySize = members.toSorted((a, b) => (shares.get(a.id)?.length ?? 0) - (shares.get(b.id)?.length ?? 0))
    const least = bySize[0]
    const most = bySize.at(-1)
    if (least === undefined || most === undefined) return
    const from = shares.get(most.id) ?? []
    const to = shares.get(least.id) ?? []
    if (from.length - to.length <= 1) return
    const index = from.findLastIndex(({ topic }) => least.topics.includes(topic))
    const [moved] = index === -1 ? [] : from.splice(index, 1)
    if (moved === undefined) return
    to.push(moved)
  }
}
