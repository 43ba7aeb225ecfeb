import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import pino from 'pino'
import { expect, test } from 'vitest'
import { gatheredLines } from './gathered-lines.ts'

test('the lines of a turn leave with one write, at its end', async () => {
  const { log, writes } = start()
  for (const lines of [[0, 1, 2], [3], [4, 5]]) {
    for (const number of lines) log.info({ number })
    expect(numbersIn(writes).at(-1)).not.toBe(lines.at(-1))
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(writes.map(text => numbersIn([text]))).toEqual([[0, 1, 2], [3], [4, 5]])
})

test('a warning leaves at once, behind all that was logged before it, and no line is lost or written twice', async () => {
  const step = fc.record({
    level: fc.constantFrom('debug', 'info', 'warn', 'error', 'fatal'),
    length: fc.constantFrom(1, 3_000),
    endsTurn: fc.boolean()
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const { log, writes } = start()
      const due: [lines: number, written: number[]][] = []
      for (const [number, { level, length, endsTurn }] of [...steps, last].entries()) {
        log[level]({ number, text: '-'.repeat(length) })
        if (endsTurn) await new Promise(resolve => setImmediate(resolve))
        if (endsTurn || ['warn', 'error', 'fatal'].includes(level)) due.push([number + 1, numbersIn(writes)])
      }
      expect(due.map(([, written]) => written)).toEqual(
        due.map(([lines]) => Array.from({ length: lines }, (_, at) => at))
      )
    })
  )
})

const last = { level: 'info', length: 1, endsTurn: true } as const

test('a flood in one turn does not fill the memory', () => {
  const { log, writes } = start()
  for (let number = 0; number < 1_000; number++) log.info({ number, text: '-'.repeat(100) })
  expect(writes.length).toBeGreaterThan(5)
})

test.each([
  ['the end of the process', 'process.exit(3)'],
  ['an error that nobody catches', "throw new Error('unexpected')"],
  ['a promise that nobody catches', "Promise.reject(new Error('unexpected'))"]
])('what was logged before %s is written', (_, end) => {
  const module = new URL('./log.ts', import.meta.url).href
  const code = `import { createLog } from '${module}'; createLog('one', 'info').info('the last line'); ${end}`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    encoding: 'utf8'
  })
  expect(stdout).toContain('the last line')
})

function start() {
  const writes: string[] = []
  const log = pino({ level: 'debug' }, gatheredLines({ write: text => void writes.push(text) }))
  return { log, writes }
}

const numbersIn = (writes: readonly string[]): number[] =>
  writes.flatMap(text => text.trim().split('\n')).map(line => (JSON.parse(line) as { number: number }).number)
