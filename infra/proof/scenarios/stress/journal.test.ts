import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acceptedCommands, acceptedStudents, type Answer, readJournal } from './journal.ts'

const answer: Answer = { kind: 'create', name: 'soak-1', sentAt: 0, ms: 5, status: 201, right: true, scenario: 'soak' }

test('a repeat is not another command, and what was refused or not answered is none', () => {
  const answers = [
    answer,
    { ...answer, kind: 'repeat' },
    { ...answer, name: 'soak-2', kind: 'invalid', status: 400 },
    { ...answer, name: 'soak-3', status: 0 },
    { ...answer, name: 'soak-4', kind: 'create-by-broker', status: 202 }
  ]
  expect(acceptedCommands(answers).map(({ name }) => name)).toEqual(['soak-1', 'soak-4'])
})

test('a student has the version of its last change, also when answers are out of order', () => {
  const answers = [
    { ...answer, id: 'a', version: 1 },
    { ...answer, kind: 'update', name: 'soak-3', status: 200, id: 'a', version: 3 },
    { ...answer, kind: 'update', name: 'soak-2', status: 200, id: 'a', version: 2 }
  ]
  expect(acceptedStudents(answers, 'example.com')).toEqual(
    new Map([['a', { email: 'soak-1@example.com', version: 3 }]])
  )
})

test('the file is read line by line, without what k6 broke off, and a line of somebody else is an error', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'journal-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'journal')
  const brokenOff = { ...answer, name: 'soak-2', status: 0, error: 'context canceled' }
  const lines = [answer, brokenOff, { ...answer, name: 'soak-3' }].map(line => `${JSON.stringify(line)}\n`)
  await writeFile(file, lines.join(''))
  expect((await readJournal(file)).map(({ name }) => name)).toEqual(['soak-1', 'soak-3'])
  await writeFile(file, '{"kind":"create"}\n')
  await expect(readJournal(file)).rejects.toThrow('sentAt')
})
