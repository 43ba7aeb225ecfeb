import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { confineDefects } from './confine-defects.ts'

test('what nothing caught is logged and counted, whatever was thrown', () => {
  const process = new EventEmitter()
  const logged: object[] = []
  const defects = confineDefects({ error: (details: object) => void logged.push(details) }, process)
  expect(defects.problems()).toEqual([])
  process.emit('uncaughtException', new Error('a timer'), 'uncaughtException')
  process.emit('unhandledRejection', 'a promise')
  expect(logged).toHaveLength(2)
  expect(defects.problems()).toEqual(['2 exceptions that nothing caught, the last one: a promise'])
})
