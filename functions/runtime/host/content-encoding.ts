// A compressed body, as the bytes that were meant. https://www.rfc-editor.org/rfc/rfc9110#section-8.4
import { promisify } from 'node:util'
import { Problem } from './problem.ts'

/**
 * Inflates gzip, at most to `maxBytes`: a small body that becomes a large one is refused before it has.
 *
 * @throws Problem 415 that names what is taken, 413, and 400 for bytes that are not gzip
 */
export async function decodeBody(encoding: string | undefined, body: Buffer, maxBytes: number): Promise<Buffer> {
  const named = (encoding ?? 'identity').trim().toLowerCase()
  if (named === 'identity' || named === '') return body
  if (named !== 'gzip' && named !== 'x-gzip') {
    throw new Problem(
      415,
      'unsupported-content-encoding',
      'Unsupported content encoding',
      'send the body as it is, or with gzip',
      {
        headers: { 'accept-encoding': 'gzip, identity' }
      }
    )
  }
  const { gunzip } = await import('node:zlib') // which few requests need, and no start should wait for
  try {
    return await promisify(gunzip)(body, { maxOutputLength: maxBytes })
  } catch (error) {
    if (error instanceof RangeError) {
      throw new Problem(413, 'body-too-large', 'Body too large', `the inflated body is over ${maxBytes} bytes`)
    }
    throw new Problem(400, 'invalid-content-encoding', 'Invalid content encoding', 'the body is not gzip')
  }
}
