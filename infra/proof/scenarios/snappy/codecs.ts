// Kafka's five codecs, and a count of the batches that each has decompressed.
//
// A reader takes the codec from the attributes in a batch's header, so the count says how batches are stored, on any
// cluster and without its files. https://kafka.apache.org/documentation/#recordbatch
import kafkajs from 'kafkajs'
import type { Codec as KafkajsCodec } from '../../../knative-local/events.ts'
import type { Stage } from '../stage/stage.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof codecs)[number]
export type BatchCounts = Record<Codec, number>

export const compressionOf = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD
} satisfies Record<Codec, kafkajs.CompressionTypes>

/** Counts from now on until the scenario ends. A batch without compression meets no codec. */
export function countDecompressed({ undo }: Stage): BatchCounts {
  const counts: BatchCounts = { none: 0, gzip: 0, snappy: 0, lz4: 0, zstd: 0 }
  for (const name of codecs) {
    if (name === 'none') continue
    const registered = CompressionCodecs[compressionOf[name]] as () => KafkajsCodec
    undo(`codec ${name}`, async () => void (CompressionCodecs[compressionOf[name]] = registered))
    CompressionCodecs[compressionOf[name]] = (): KafkajsCodec => {
      const codec = registered()
      return {
        compress: encoder => codec.compress(encoder),
        decompress(buffer) {
          counts[name]++
          return codec.decompress(buffer)
        }
      }
    }
  }
  return counts
}
