// Bytes as `xxd` shows them: offset, sixteen of them in pairs, and the text in them.

const bytesPerLine = 16

export function hexDump(bytes: Buffer): string[] {
  return Array.from({ length: Math.ceil(bytes.length / bytesPerLine) }, (_, line) => {
    const part = bytes.subarray(line * bytesPerLine, (line + 1) * bytesPerLine)
    const offset = (line * bytesPerLine).toString(16).padStart(8, '0')
    const pairs = part.toString('hex').match(/.{1,4}/g) ?? []
    const text = part.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.')
    return `${offset}: ${pairs.join(' ').padEnd((bytesPerLine / 2) * 5 - 1)}  ${text}`
  })
}
