// Kafka's five codecs for kafkajs, and a count of the batches that each has decompressed.
//
// A reader takes the codec from the attributes in a batch's header, so the count tells how batches are stored, on any
// cluster and without its files. https://kafka.apache.org/documentation/#recordbatch
import kafkajs from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
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

/** As kafkajs asks for one. https://kafka.js.org/docs/producing#compression-other */
interface KafkajsCodec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

const [compressZstd, decompressZstd] = [promisify(zstdCompress), promisify(zstdDecompress)]
const ofOurOwn: Partial<Record<Codec, KafkajsCodec>> = {
  lz4: { compress: ({ buffer }) => compressFrame(buffer), decompress: buffer => decompressFrame(buffer) },
  zstd: { compress: ({ buffer }) => compressZstd(buffer), decompress: buffer => decompressZstd(buffer) }
}

/** Counts from now on until the scenario ends. A batch without compression meets no codec. */
export function countDecompressed({ undo }: Stage): BatchCounts {
  const counts: BatchCounts = { none: 0, gzip: 0, snappy: 0, lz4: 0, zstd: 0 }
  for (const name of codecs) {
    if (name === 'none') continue
    const registered = CompressionCodecs[compressionOf[name]] as () => KafkajsCodec
    undo(`codec ${name}`, async () => void (CompressionCodecs[compressionOf[name]] = registered))
    CompressionCodecs[compressionOf[name]] = (): KafkajsCodec => {
      const codec = ofOurOwn[name] ?? registered()
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
