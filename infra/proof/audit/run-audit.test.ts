// The audit is checked itself: something is damaged on purpose, and exactly that must be named. All cases share one broker.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import onAnyStudent from '../../../functions/onAnyStudent/index.ts'
import onStudentCreate from '../../../functions/onStudentCreate/index.ts'
import { startTestKafka, type TestKafka } from '../../knative-local/testing.ts'
import { startFunction } from '../../test/function-process.ts'
import { openSchool } from './testing/school.ts'
import { local } from './testing/local.ts'
import { damagedLog } from './cases/damaged-log.ts'
import { damagedTables } from './cases/damaged-tables.ts'
import { nothingWrong } from './cases/nothing-wrong.ts'
import { switchedOffGuards } from './cases/switched-off-guards.ts'
import { waitingEvents } from './cases/waiting-events.ts'

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka(1)
}, 120_000)
afterAll(() => kafka?.stop())

/** It is there once the tests run, and not yet when they are declared. */
const started = () => kafka

describe('nothing is wrong when', () => {
  nothingWrong(started)
})

describe('named is', () => {
  damagedTables(started)
  damagedLog(started)
  waitingEvents(started)
})

describe('with a guard of the engine switched off', () => {
  switchedOffGuards(started)
})

describe('on the command line', () => {
  test('the audit says what is lost, the record is read again and sent, and nothing is lost any more', async () => {
    const school = await openSchool(kafka, '')
    await school.enrol(1)
    await school.run()
    const addresses = ['--bootstrap', kafka.bootstrap.join(','), '--database-url', school.databaseUrl, '--grace', '0']
    const clean = await local('audit', '--json', ...addresses)
    expect(clean.status).toBe(0)
    expect(JSON.parse(clean.stdout)).toMatchObject({
      clean: true,
      findings: [],
      accounts: { records: 2, outboxRows: 2 }
    })

    await school.enrol(1)
    const published = await school.publish((await school.outboxRows()).slice(2))
    for (const fn of [onStudentCreate, onAnyStudent]) await school.deliver(fn, published)
    await school.commitAll()
    const wrong = await local('audit', ...addresses)
    expect(wrong.status).toBe(1)
    expect(wrong.stdout).toContain('1 lost')
    const record = /npm run local -- (record \S+)/.exec(wrong.stdout)?.[1]?.split(' ') ?? []
    const { url } = await startFunction('onStudentUpdate', { DATABASE_URL: school.databaseUrl })
    const sent = await local(...record, ...addresses.slice(0, 4), '--to', url)
    expect([sent.status, JSON.parse(sent.stdout)]).toMatchObject([
      0,
      { topic: 'student_update', data: { name: 'Ada 1', version: 2 } }
    ])
    expect((await local('audit', ...addresses)).stdout).toContain('Nothing is wrong')
  })
})
