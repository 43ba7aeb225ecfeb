// Kafka's codecs, each with a bound: a batch of a megabyte may say it holds gigabytes.
// gzip and zstd are Node's own, snappy is written by kafkajs-snappy and read by ours, lz4 is lz4-napi.
import kafkajs from 'kafkajs'
// @ts-expect-error kafkajs-snappy ships no types
import SnappyCodec from 'kafkajs-snappy'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import { readSnappyBlock } from './snappy.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs

/** Of one batch. Producers count uncompressed bytes against max.request.size, 1 MiB unless somebody raised it. */
export const MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

/** As kafkajs asks for one. https://kafka.js.org/docs/producing#compression-other */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}

const [inflate, deflate] = [promisify(gunzip), promisify(gzip)]
const [decompressZstd, compressZstd] = [promisify(zstdDecompress), promisify(zstdCompress)]
const rawSnappy = (SnappyCodec as () => Codec)()
const bound = { maxOutputLength: MAX_DECOMPRESSED_BYTES }

/** By the number in a batch's attributes. https://kafka.apache.org/documentation/#recordbatch */
const codecs = new Map<number, Codec>([
  [CompressionTypes.GZIP, { compress: ({ buffer }) => deflate(buffer), decompress: bytes => inflate(bytes, bound) }],
  [CompressionTypes.Snappy, { compress: encoder => rawSnappy.compress(encoder), decompress: decompressSnappy }],
  [CompressionTypes.LZ4, { compress: ({ buffer }) => compressFrame(buffer), decompress: decompressLz4 }],
  [
    CompressionTypes.ZSTD,
    { compress: ({ buffer }) => compressZstd(buffer), decompress: bytes => decompressZstd(bytes, bound) }
  ]
])

const registered: Record<number, (() => Codec) | undefined> = CompressionCodecs

/** kafkajs itself knows gzip only, and throws for the others whatever the topic, which ends its consumer. */
export function registerCodecs(): void {
  for (const [type, codec] of codecs) registered[type] = () => codec
}

/** @throws for a codec that Kafka does not have, for bytes that are not what the codec writes, and beyond the bound */
export async function decompress(type: number, bytes: Buffer): Promise<Buffer> {
  const codec = registered[type]
  if (codec === undefined) throw new Error(`codec ${type} is unknown`)
  return codec().decompress(bytes)
}

/** What snappy-java's SnappyOutputStream begins with, then a version and a compatible version of four bytes each. */
const JAVA_HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const JAVA_HEADER_BYTES = 16

/** Java clients write a stream of blocks, the others one block without a header. */
async function decompressSnappy(bytes: Buffer): Promise<Buffer> {
  if (!bytes.subarray(0, JAVA_HEADER.length).equals(JAVA_HEADER)) {
    return readSnappyBlock(bytes, MAX_DECOMPRESSED_BYTES)
  }
  const blocks: Buffer[] = []
  let length = 0
  for (let at = 0; at < bytes.length;) {
    if (bytes.subarray(at, at + JAVA_HEADER.length).equals(JAVA_HEADER)) {
      at += JAVA_HEADER_BYTES // streams may follow one another
      continue
    }
    const size = bytes.readUInt32BE(at)
    const block = bytes.subarray(at + 4, at + 4 + size)
    if (block.length < size) throw new Error('snappy: a block is cut off')
    const content = readSnappyBlock(block, MAX_DECOMPRESSED_BYTES - length)
    length += content.length
    blocks.push(content)
    at += 4 + size
  }
  return Buffer.concat(blocks)
}

async function decompressLz4(bytes: Buffer): Promise<Buffer> {
  checkBound(lz4Length(bytes))
  return decompressFrame(bytes)
}

const LZ4_MAGIC = 0x184d2204
const LZ4_BLOCK_BYTES = new Map([
  [4, 64 * 1024],
  [5, 256 * 1024],
  [6, 1024 * 1024],
  [7, 4 * 1024 * 1024]
])

/** The most a frame can hold: its blocks times their largest size. https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
function lz4Length(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== LZ4_MAGIC) throw new Error('lz4: not a frame')
  const flags = frame.readUInt8(4)
  const blockBytes = LZ4_BLOCK_BYTES.get((frame.readUInt8(5) >> 4) & 7) ?? Infinity
  const [hasDictionary, hasContentSize, hasBlockChecksums] = [flags & 1, flags & 8, flags & 16]
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0)
  let blocks = 0
  while (at + 4 <= frame.length) {
    const size = frame.readUInt32LE(at) & 0x7fffffff // the highest bit says that the block is not compressed
    if (size === 0) break
    blocks++
    at += 4 + size + (hasBlockChecksums ? 4 : 0)
  }
  return blocks * blockBytes
}

function checkBound(bytes: number): void {
  if (bytes > MAX_DECOMPRESSED_BYTES) throw new Error(`more than ${MAX_DECOMPRESSED_BYTES} bytes when decompressed`)
}
