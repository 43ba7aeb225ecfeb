// Node's own client is the judge of what an answer is; it reads the same bytes from a connection.
import fc from 'fast-check'
import { once } from 'node:events'
import { maxHeaderSize, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnswerHead, AnswerReader } from './answer-reader.ts'

interface Read {
  readonly information: readonly number[]
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly body: string
}

const good: readonly (readonly [what: string, method: string, answer: string])[] = [
  ['a length', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  ['no reason', 'GET', 'HTTP/1.1 201\r\ncontent-length: 0\r\n\r\n'],
  ['HTTP/1.0, until the connection ends', 'GET', 'HTTP/1.0 200 OK\r\n\r\nhello'],
  ['chunks with extensions and trailers', 'GET', chunked('5;a=b\r\nhello\r\nA\r\n, world!!!\r\n0\r\nx-sum: 1\r\n\r\n')],
  ['HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'],
  ['HEAD of chunks', 'HEAD', chunked('')],
  ['204', 'POST', 'HTTP/1.1 204 No Content\r\nx-a: 1\r\nX-A: 2\r\n\r\n'],
  ['304 with the length of what it is about', 'GET', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n'],
  ['several 1xx', 'GET', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: a\r\n\r\nHTTP/1.1 204 No\r\n\r\n'],
  [
    'spaces around values',
    'GET',
    'HTTP/1.1 200 OK\r\nx-a: \t a  b \t\r\nx-b:\r\nx-c:\xa0c\xa0 \r\ncontent-length: 0\r\n\r\n'
  ]
]

const bad: readonly (readonly [what: string, answer: string])[] = [
  ['no HTTP', 'hello, world\r\n\r\n'],
  ['another version', 'HTTP/3.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n'],
  ['lines that end with LF', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
  ['a space in a name', 'HTTP/1.1 200 OK\r\ncontent length: 0\r\n\r\n'],
  ['a space after a name', 'HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n'],
  ['a control character', 'HTTP/1.1 200 OK\r\nx-a: \x01\r\ncontent-length: 0\r\n\r\n'],
  ['a folded header', 'HTTP/1.1 200 OK\r\nx-a: 1\r\n 2\r\ncontent-length: 0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
  ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a chunk without a size', chunked('x\r\n\r\n')],
  ['a chunk longer than its size', chunked('1\r\nab\r\n0\r\n\r\n')],
  ['a body that is cut', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell'],
  ['chunks that are cut', chunked('5\r\nhello\r\n')],
  ['nothing', ''],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
  ['headers without an end', `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(maxHeaderSize)}`],
  ['too many headers', `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(maxHeaderSize)}\r\ncontent-length: 0\r\n\r\n`]
]

let answer = ''
const instance = createServer(socket =>
  socket.on('error', () => undefined).once('data', () => socket.end(answer, 'latin1'))
)

beforeAll(async () => void (await once(instance.listen(0, '127.0.0.1'), 'listening')))
afterAll(() => instance.close())

test.each(good)('%s is read as by Node, in one piece and in many', async (_, method, bytes) => {
  answer = bytes
  const expected = await readByNode(method)
  await fc.assert(
    fc.property(fc.array(fc.nat(bytes.length)), cuts => {
      expect(read(method, bytes, cuts)).toEqual(expected)
    }),
    { numRuns: 50, examples: [[[]], [Array.from({ length: bytes.length }, (__, index) => index)]] }
  )
})

test.each(bad)('%s is no answer, as for Node', async (_, bytes) => {
  answer = bytes
  await expect(readByNode('GET')).rejects.toThrow(/./)
  expect(() => read('GET', bytes, [])).toThrow(/./)
  expect(() => read('GET', bytes, [1, 10, bytes.length - 1])).toThrow(/./)
})

test('of changed bytes, what is read is what Node reads, or the last that is read of that connection', async () => {
  const added = [
    '',
    ' ',
    '\t',
    '\r',
    '\n',
    '\r\n',
    ':',
    ',',
    ';',
    '"',
    '=',
    '0',
    '7',
    'a',
    '-',
    '\0',
    '\xa0',
    'chunked',
    'Content-Length: 3\r\n'
  ]
  const change = fc.record({ at: fc.nat(100), removed: fc.nat(3), added: fc.constantFrom(...added) })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...good),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (from, changes) => {
        const [, method, whole] = from
        answer = changes.reduce(
          (text, { at, removed, added: more }) => text.slice(0, at) + more + text.slice(at + removed),
          whole
        )
        const byNode = await readByNode(method).catch(() => undefined)
        let here: ReturnType<typeof readHere>
        try {
          here = readHere(method, answer, [])
        } catch {
          return // Node may take more
        }
        expect(byNode ? here.read : here.keptMs).toEqual(byNode ?? 0)
      }
    ),
    { numRuns: 500 }
  )
})

test('whatever comes, it ends or is refused, and every split of it is the same', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'content-length: 3\r\n',
      'transfer-encoding: chunked\r\n',
      '\r\n',
      '3\r\n',
      'abc',
      '0\r\n'
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 4 })
  )
  const outcome = (bytes: string, cuts: readonly number[]): unknown => {
    try {
      return read('GET', bytes, cuts)
    } catch (error) {
      return (error as Error).constructor.name
    }
  }
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), fc.array(fc.nat(60)), (pieces, cuts) => {
      const bytes = pieces.join('')
      expect(outcome(bytes, cuts)).toEqual(outcome(bytes, []))
    }),
    { numRuns: 2_000 }
  )
})

test.each([
  ['HTTP/1.1 204 No Content\r\n\r\n', Infinity],
  ['HTTP/1.1 204 No Content\r\nkeep-alive: timeout=5, max=100\r\n\r\n', 4_000],
  ['HTTP/1.1 204 No Content\r\nconnection: Close\r\n\r\n', 0],
  ['HTTP/1.0 204 No Content\r\n\r\n', 0],
  ['HTTP/1.0 204 No Content\r\nconnection: keep-alive\r\n\r\n', Infinity],
  ['HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n', 0]
])('after %j the connection is kept for %s ms', (bytes, keptMs) => {
  const reader = new AnswerReader('GET', { onInformation() {}, onHead() {}, onBody() {} })
  reader.take(Buffer.from(bytes))
  expect(reader.keepAliveMs).toBe(keptMs)
})

function chunked(body: string): string {
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`
}

/** @throws when it is no answer */
function read(method: string, bytes: string, cuts: readonly number[]): Read {
  return readHere(method, bytes, cuts).read
}

function readHere(
  method: string,
  bytes: string,
  cuts: readonly number[]
): { readonly read: Read; readonly keptMs: number } {
  const information: number[] = []
  let head: AnswerHead | undefined
  let body = ''
  const reader = new AnswerReader(method, {
    onInformation: ({ status }) => information.push(status),
    onHead: given => (head = given),
    onBody: given => (body += given.toString('latin1'))
  })
  const all = Buffer.from(bytes, 'latin1')
  const ends = [...new Set([...cuts, all.length])]
    .filter(cut => cut <= all.length)
    .toSorted((one, other) => one - other)
  let at = 0
  for (const end of ends) {
    if (end > at) reader.take(Buffer.from(all.subarray(at, end)))
    at = end
  }
  if (!reader.isComplete) reader.end()
  if (!head) throw new Error('complete without a head')
  const { status, rawHeaders } = head
  const whole = body + (reader.last?.toString('latin1') ?? '')
  return { read: { information, status, rawHeaders, body: whole }, keptMs: reader.keepAliveMs }
}

function readByNode(method: string): Promise<Read> {
  const { port } = instance.address() as AddressInfo
  return new Promise((fulfil, reject) => {
    const information: number[] = []
    const asked = request({ port, host: '127.0.0.1', method, agent: false }, response => {
      let body = ''
      response.setEncoding('latin1')
      response.on('data', (text: string) => (body += text))
      response.once('error', reject)
      response.once('end', () =>
        fulfil({ information, status: response.statusCode ?? 0, rawHeaders: response.rawHeaders, body })
      )
    })
    asked.on('information', ({ statusCode }) => information.push(statusCode))
    asked.once('upgrade', (__, socket) => {
      socket.destroy()
      reject(new Error('upgraded'))
    })
    asked.once('error', reject)
    asked.end()
  })
}
