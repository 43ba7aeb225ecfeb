// --print: a sink that shows each event and answers 204.
import { createServer } from 'node:http'
import { isUtf8 } from 'node:buffer'
import type { AddressInfo } from 'node:net'
import { lines } from '../../terminal-text.ts'

/** What is shown of an event's data. */
const maxShownBytes = 2_000
const bytesOfHexLine = 32

export interface PrintSink {
  readonly url: string
  close(): Promise<void>
}

export async function openPrintSink(print: (text: string) => void): Promise<PrintSink> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.writeHead(204).end()
      print(showDelivery(request.rawHeaders, Buffer.concat(chunks)))
    })
  })
  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', fulfil)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise(fulfil => {
        server.close(() => fulfil())
        server.closeAllConnections()
      })
  }
}

/** `headers`: names and values in turn. */
export function showDelivery(headers: readonly string[], data: Buffer): string {
  const attributes: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]?.toLowerCase() ?? ''
    if (name.startsWith('ce-')) attributes.push(`  ${name.slice(3)}: ${headers[index + 1]}`)
    if (name === 'content-type') attributes.push(`  datacontenttype: ${headers[index + 1]}`)
  }
  return lines(['event', ...attributes.toSorted(), ...showData(data), '  answered 204'].join('\n'))
}

function showData(data: Buffer): string[] {
  if (data.length === 0) return ['  no data']
  const shown = data.subarray(0, maxShownBytes)
  const more = data.length > maxShownBytes ? [`    … ${data.length} bytes`] : []
  // oxlint-disable-next-line no-control-regex
  const isText = isUtf8(data) && !/[\0-\x08\x0e-\x1f]/.test(data.toString('utf8'))
  const text = isText
    ? shown.toString('utf8').split(/\r?\n/)
    : Array.from({ length: Math.ceil(shown.length / bytesOfHexLine) }, (_, line) =>
        shown.toString('hex', line * bytesOfHexLine, (line + 1) * bytesOfHexLine)
      )
  return ['  data:', ...text.map(line => `    ${line}`), ...more]
}
