// Reads a snappy block in time that grows with its size, whatever its bytes say. snappyjs, behind kafkajs-snappy, takes a
// literal's length of four bytes for a signed number: one above 2^31 sends it backwards in the block, for ever.
// https://github.com/google/snappy/blob/main/format_description.txt

/** @throws for bytes that are no block, and for one that holds more than `maxBytes` */
export function readSnappyBlock(block: Buffer, maxBytes: number): Buffer {
  const [length, start] = readLength(block)
  if (length > maxBytes) throw new Error(`the content has more than ${maxBytes} bytes`)
  const content = Buffer.alloc(length)
  let written = 0
  let at = start

  /** A number of up to four bytes, the lowest first. */
  function read(bytes: number): number {
    if (at + bytes > block.length) throw new Error('snappy: the block is cut off')
    const value = bytes === 0 ? 0 : block.readUIntLE(at, bytes)
    at += bytes
    return value
  }

  while (at < block.length) {
    const tag = read(1)
    const kind = tag & 3
    if (kind === 0) {
      const inTag = tag >> 2
      const size = (inTag < 60 ? inTag : read(inTag - 59)) + 1
      if (at + size > block.length || written + size > length) throw new Error('snappy: a literal is too long')
      block.copy(content, written, at, at + size)
      at += size
      written += size
    } else {
      const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
      const offset = kind === 1 ? ((tag >> 5) << 8) + read(1) : read(kind === 2 ? 2 : 4)
      if (offset === 0 || offset > written || written + size > length) throw new Error('snappy: a copy from nowhere')
      // It may reach into what it writes itself: then the bytes before it repeat.
      for (const end = written + size; written < end; written++) content[written] = content[written - offset] ?? 0
    }
  }
  if (written < length) throw new Error('snappy: the block is cut off')
  return content
}

/** The length of the content, seven bits a byte, and where it ends. */
function readLength(block: Buffer): [length: number, end: number] {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return [length, i + 1]
  }
  throw new Error('snappy: a block without a length')
}
