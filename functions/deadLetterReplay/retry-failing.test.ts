import { expect, test } from 'vitest'
import { studentEvent } from '../../infra/test/student-event.ts'
import { createLog } from '../runtime/host/log.ts'
import { recordingFailures } from '../runtime/delivery/failures.ts'
import { timeline } from '../students/tables.ts'
import { startFunctions } from './testing/functions.ts'
import { deliver } from './testing/events.ts'
import { send } from './testing/operator.ts'

const start = startFunctions('any')

test('what fails now is retried at once, in order, and Knative’s own try finds it done', async () => {
  const { replay, any, db } = await start()
  const events = [2, 1].map(version => studentEvent({ version }, { attributes: { knativekafkaoffset: `${version}` } }))
  const failing = recordingFailures(db, 'onAnyStudent', createLog('test', 'silent'), () =>
    Promise.reject(new Error('not fixed yet'))
  )
  for (const event of events) await expect(failing(event, undefined)).rejects.toThrow('not fixed yet')
  expect(await send(replay, '/failing/retry', { student: 'student-2' })).toMatchObject({ body: { count: 0 } })
  expect(await send(replay, '/failing/retry', { function: 'onAnyStudent' })).toMatchObject({
    body: {
      count: 2,
      retried: [
        { student: 'student-1', sequence: 1, outcome: 'done', status: 204 },
        { student: 'student-1', sequence: 2, outcome: 'done', status: 204 }
      ]
    }
  })
  expect(await db.select().from(timeline)).toMatchObject([{ sequence: 1 }, { sequence: 2 }])
  expect(await (await fetch(`${replay.url}/failing`)).json()).toEqual({ failing: [] })
  for (const event of events) expect((await deliver(any, event)).status).toBe(204)
})
