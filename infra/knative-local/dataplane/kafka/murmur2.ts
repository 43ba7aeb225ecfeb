// Kafka's hash of a key, by which Java producers choose a partition. kafkajs has it too, in 64-bit numbers that are never cut: a key of a
// megabyte takes it a minute.
// https://github.com/apache/kafka/blob/4.0.0/clients/src/main/java/org/apache/kafka/common/utils/Utils.java (murmur2)

const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

export function murmur2(data: Buffer): number {
  const { length } = data
  let h = SEED ^ length
  const end4 = length & ~3
  for (let i = 0; i < end4; i += 4) {
    let k = Math.imul(data.readInt32LE(i), M)
    k = Math.imul(k ^ (k >>> R), M)
    h = Math.imul(h, M) ^ k
  }
  const rest = length & 3
  if (rest > 0) {
    for (let i = rest - 1; i >= 0; i--) h ^= data.readUInt8(end4 + i) << (8 * i)
    h = Math.imul(h, M)
  }
  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}

/** The partition of a key among so many. */
export function partitionOfKey(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
