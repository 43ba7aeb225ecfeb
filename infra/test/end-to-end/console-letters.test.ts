// The console's pages for whoever looks after students: dead letters, a student, sending, the audit; as a person uses them.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { project } from '../../project.ts'
import { consoleInBrowser, expectGoodLooks } from './browser.ts'
import { createStudent, newUserId } from './students.ts'

const { open } = consoleInBrowser(() => ['--state', inject('stateDirectory')])

test('a student says why it is not active; its letter is seen, and replayed when the user is inserted', async () => {
  const userId = newUserId()
  const { id } = await createStudent({ userId })
  const page = await open(`/students/${id}`)
  await page.getByText('It is not active: nothing of it is in the directory yet.').waitFor()
  await page.getByText(`is a dead letter in onStudentCreate: no user has the id ${userId}.`, { exact: false }).waitFor()
  await expectGoodLooks(page, 'student')
  await page.getByRole('link', { name: 'Show it' }).click()

  await page.getByRole('heading', { name: 'StudentCreated in onStudentCreate: user-not-found' }).waitFor()
  await page.getByText(`It is replayed automatically as soon as the user ${userId} is there.`).waitFor()
  await page.getByText(/functions\/onStudentCreate\/handler\.ts:\d+/).waitFor()
  await expectGoodLooks(page, 'letter')
  const listed = await open(`/letters?student=${id}`)
  await listed.getByRole('region', { name: 'Letters', exact: true }).getByText('user-not-found').waitFor()
  await expectGoodLooks(listed, 'letters')

  await sql(`insert into users (id, name, email) values ('${userId}', 'Ada', 'ada@example.com')`)
  await page.getByRole('status').getByText('resolved').waitFor()
  await page.goto(new URL(`/students/${id}`, page.url()).href)
  await page.getByText('It is active, and the directory shows its newest version.').waitFor()
  await expect.poll(() => page.getByText(`its user ${userId} was inserted`).isVisible()).toBe(true)
})

test('an edit is shown as a difference, kept as a second version, and applied', async () => {
  const page = await open(await letterOf(newUserId()))
  await page.getByRole('link', { name: 'Edit …' }).click()
  const data = page.getByRole('textbox', { name: 'Data' })
  await data.fill('{')
  await page.getByText('No JSON yet').waitFor()
  const published = await page.locator('pre[aria-label="Decoded data"]').innerText()
  await data.fill(published.replace(/"userId": "[^"]*"/, '"userId": "user-1"'))
  await page.getByRole('region', { name: 'What the edit changes' }).getByText('+   "userId": "user-1"').waitFor()
  await expectGoodLooks(page, 'letter-edit')
  await page.getByRole('textbox', { name: 'Reason' }).fill('the right user')
  await page.getByRole('button', { name: 'Keep the edit and send it' }).click()
  await page.getByRole('heading', { name: 'Replay: edited: the right user' }).waitFor()
  await page.getByText('1 of 1, 1 resolved').waitFor()
  await page.getByRole('region', { name: 'Letters of this replay' }).getByRole('link').first().click()
  await page.getByText('the right user. A replay sends the edit.', { exact: false }).waitFor()
  await expect.poll(() => page.getByRole('status').innerText()).toContain('resolved')
})

test('a replay says what it will do, is a job with its result, and a letter is discarded with a reason', async () => {
  const page = await open(await letterOf(newUserId()))
  await page.getByRole('link', { name: 'Replay …' }).click()
  await page.getByRole('spinbutton', { name: 'Rate' }).fill('5')
  await page.getByText('At most 8 at a time, 5 a second', { exact: false }).waitFor()
  await expectGoodLooks(page, 'replay-dry-run')
  await page.getByRole('button', { name: 'Replay 1 letter' }).click()
  await page.getByText('1 of 1, 0 resolved, 1 failed').waitFor()
  await expectGoodLooks(page, 'replay')
  await page.getByRole('region', { name: 'Letters of this replay' }).getByRole('link').first().click()

  await page.getByRole('link', { name: 'Discard …' }).click()
  await page.getByText('onStudentCreate will never handle this event', { exact: false }).waitFor()
  await page.reload() // the address holds the form too
  const discard = page.getByRole('button', { name: 'Discard the event permanently' })
  expect(await discard.isDisabled()).toBe(true)
  await page.getByRole('textbox', { name: 'Reason' }).fill('a test of the console')
  await expectGoodLooks(page, 'letter-discard')
  await discard.click()
  await page.getByText('discarded: a test of the console').waitFor()
})

test('what a command has wrong stands beside its field, by HTTP and through the Broker', async () => {
  const page = await open('/send?command=createStudent&userId=user-1')
  await page.getByRole('textbox', { name: 'email' }).fill('nowhere')
  await page.getByRole('button', { name: 'Send createStudent' }).click()
  await expectError(page, 'email', 'must be an email address')
  await expectError(page, 'name', 'must not be empty')
  await expectGoodLooks(page, 'send')

  await page.getByRole('combobox', { name: 'Way' }).selectOption('broker')
  await page.getByRole('textbox', { name: 'name' }).fill('Ada Lovelace')
  await page.getByRole('button', { name: 'Send createStudent' }).click()
  await page.getByRole('link', { name: 'a dead letter' }).waitFor()
  await expectError(page, 'email', 'must be an email address')

  await page.getByRole('textbox', { name: 'email' }).fill('ada@example.com')
  await page.getByRole('button', { name: 'Send createStudent' }).click()
  await page.getByRole('status').getByText('done').waitFor()
  await page.getByRole('region', { name: 'What became of it' }).locator('a[href^="/students/"]').click()
  await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor()
  expect(page.url()).toContain('/students/')
})

test('students are found by a part of their address', async () => {
  const email = `${newUserId()}@example.com`
  const { id } = await createStudent({ userId: 'user-1', email })
  const page = await open('/students')
  await page.getByRole('searchbox').fill(email.slice(0, -4))
  await page.keyboard.press('Enter')
  await page.getByRole('cell', { name: email }).waitFor()
  expect(page.url()).toContain('text=')
  await expectGoodLooks(page, 'students')
  await page.getByTitle(id).first().click()
  await page.getByText('It is active', { exact: false }).waitFor()
})

test('the audit is run from its page and says what it found', async () => {
  const page = await open('/audit')
  await page.getByRole('button', { name: 'Run the audit' }).click()
  await page.getByText('Nothing is lost, done twice or out of order.').waitFor({ timeout: 60_000 })
  await page
    .getByRole('region', { name: 'Events by function and partition' })
    .getByText('onAnyStudent')
    .first()
    .waitFor()
  await expectGoodLooks(page, 'audit')
  await page.reload()
  await page.getByText('Nothing is lost, done twice or out of order.').waitFor()
  expect(await page.getByRole('region', { name: 'Findings' }).count()).toBe(0)
})

/** The address of the letter that a new student without a user becomes. */
async function letterOf(userId: string): Promise<string> {
  const { id } = await createStudent({ userId })
  const page = await open(`/letters?student=${id}`)
  const link = page.getByRole('region', { name: 'Letters', exact: true }).locator('a[href^="/letters/"]').first()
  await link.waitFor()
  const address = (await link.getAttribute('href')) ?? ''
  await page.close()
  return address
}

async function expectError(page: Page, field: string, message: string): Promise<void> {
  const input = page.getByRole('textbox', { name: field, exact: true })
  const error = page.locator('.field').filter({ has: input }).getByRole('alert')
  await error.getByText(message).waitFor()
  expect(await input.getAttribute('aria-invalid')).toBe('true')
}

async function sql(statement: string): Promise<void> {
  const given = ['infra/local.ts', 'sql', statement, '--state', inject('stateDirectory')]
  await promisify(execFile)(process.execPath, given, { cwd: project.directory })
}
