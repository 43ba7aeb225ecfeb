// The console's main stories, as a person goes through them in a browser.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, onTestFinished, test } from 'vitest'
import { project } from '../../project.ts'
import { consoleInBrowser, expectGoodLooks, startConsole } from './browser.ts'
import { createStudent, newUserId, send } from './students.ts'

const { open } = consoleInBrowser(() => ['--state', inject('stateDirectory')])

test('the system is drawn from the YAML, and each of its functions leads to its events', async () => {
  const page = await open('/')
  const graph = page.getByRole('region', { name: 'The system' })
  for (const name of ['createStudent', 'outbox', 'student_create', 'onAnyStudent']) {
    await graph.getByText(name, { exact: true }).first().waitFor()
  }
  await expectGoodLooks(page, 'overview')
  await graph.getByText('onAnyStudent', { exact: true }).click()
  await page.getByRole('combobox', { name: 'Function' }).waitFor()
  expect(page.url()).toContain('/events?function=onAnyStudent')
})

test('an event that comes is there at once; its page has its data, its row, what each function made of it, and its bytes', async () => {
  const page = await open('/events')
  await page.getByRole('status').filter({ hasText: 'records' }).or(page.getByText('No event yet.')).first().waitFor()
  const name = `Ada <img src=x onerror=alert(1)> ${Date.now()}`
  const { id } = await createStudent({ userId: 'user-1', name })
  const row = page.getByRole('link').filter({ hasText: id }).first()
  await row.waitFor()
  await row.getByText('applied').first().waitFor()
  await expectGoodLooks(page, 'events')
  await row.click()
  await page.getByRole('heading', { name: 'StudentCreated' }).waitFor()
  await page.getByText('Its effect is in the database, exactly once.').first().waitFor()
  await page.getByText(/outbox, .* transaction/).waitFor()
  await expect.poll(() => page.getByText(name).first().isVisible()).toBe(true) // as text
  expect(await page.locator('img').count()).toBe(0)
  await page.getByText(/^Raw bytes/).click()
  await expectGoodLooks(page, 'event')

  await page.reload()
  await page.getByRole('heading', { name: 'StudentCreated' }).waitFor()
  await page.getByRole('button', { name: 'Copy as curl' }).first().click()
  const copied = await page.evaluate<string>('navigator.clipboard.readText()')
  expect(copied).toContain(`ce-subject: ${id}`)
  await page.getByRole('button', { name: 'Send again' }).first().click()
  await page.getByText('done, 204').waitFor() // and nothing happens twice: the audit at the end of the run says so
})

test('a letter says what it waits for, and is applied when the user appears', async () => {
  const userId = newUserId()
  const { id } = await createStudent({ userId })
  const page = await open(`/events?student=${id}&outcome=letter&function=onStudentCreate`)
  await page.getByRole('link').filter({ hasText: id }).first().click()
  await page.getByText(`It waits for the user ${userId} to appear; then it is replayed automatically.`).waitFor()
  await page.getByText('no user has the id').first().waitFor()
  await local('sql', `insert into users (id, name, email) values ('${userId}', 'Ada', 'ada@example.com')`)
  const card = page.locator('.card').filter({ hasText: 'onStudentCreate' })
  await card.getByText('applied').first().waitFor()
  expect(await card.getByText('It waits for').count()).toBe(0)
})

test('the filter is the address, and comes back with it', async () => {
  const page = await open('/events')
  await page.getByRole('combobox', { name: 'Function' }).selectOption('onStudentCreate')
  await page.getByRole('searchbox', { name: 'Text' }).fill('nobody-has-this')
  await page.getByText('No event matches.').waitFor()
  expect(page.url()).toContain('function=onStudentCreate&text=nobody-has-this')
  await page.reload()
  await page.getByText('No event matches.').waitFor()
  expect(await page.getByRole('combobox', { name: 'Function' }).inputValue()).toBe('onStudentCreate')
  await page.getByRole('link', { name: 'Clear' }).click()
  await page.getByRole('link').filter({ hasText: 'StudentCreated' }).first().waitFor()
})

test('keys alone lead from the list to an event', async () => {
  await createStudent({ userId: 'user-1' })
  const page = await open('/events?topic=student_create')
  await page.getByRole('region', { name: 'Events, the newest first' }).focus()
  await page.keyboard.press('ArrowDown')
  await page.locator('.event-row:focus').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'StudentCreated' }).waitFor()
  expect(page.url()).toContain('/events/student_create/')
})

test('a group has the columns of Kafka’s own tool, and its lag as a plot', async () => {
  const page = await open('/groups')
  await page.getByRole('link', { name: 'on-any-student' }).waitFor()
  await expectGoodLooks(page, 'groups')
  await page.getByRole('link', { name: 'on-any-student' }).click()
  for (const column of ['Current offset', 'Log end offset', 'Lag', 'Consumer id', 'Host', 'Client id']) {
    await page.getByRole('columnheader', { name: column, exact: true }).waitFor()
  }
  await page
    .getByRole('img', { name: /^Lag over time/ })
    .locator('canvas')
    .waitFor()
  expect(page.url()).toContain('/groups/on-any-student')
  await expectGoodLooks(page, 'group')
})

test(
  'a broker that is killed is red, with the reason, and green when it has been started',
  { timeout: 120_000 },
  async () => {
    const page = await open('/parts')
    const broker = page.getByRole('row').filter({ hasText: 'broker-2' })
    await broker.getByText('healthy', { exact: true }).waitFor()
    await page.getByRole('log').waitFor()
    await expectGoodLooks(page, 'parts')
    await broker.getByRole('button', { name: 'kill broker-2' }).click()
    try {
      await broker.getByText('unhealthy').waitFor()
      await page.getByRole('link', { name: /^broker-2 unhealthy/ }).waitFor()
    } finally {
      await page.getByRole('button', { name: 'start broker-2' }).click()
    }
    await broker.getByText('healthy', { exact: true }).waitFor({ timeout: 90_000 })
    expect(await broker.getByText('unhealthy').count()).toBe(0)
    await page.getByRole('link', { name: 'broker-2', exact: true }).first().click()
    await page.getByRole('img', { name: 'Memory of broker-2' }).locator('canvas').waitFor()
    await page.locator('.log-line').first().waitFor()
    await expectGoodLooks(page, 'part')
  }
)

test('an edit of the YAML is drawn at once', async () => {
  const page = await open('/')
  await page.getByRole('region', { name: 'The system' }).waitFor()
  const file = join(inject('endpoints').manifestRoot, 'knative/dead-letter-sink.yaml')
  const before = await readFile(file, 'utf8')
  onTestFinished(() => writeFile(file, before))
  await writeFile(file, `${before}---\n${sinkYaml}`)
  await page.getByText('console-test-sink', { exact: true }).waitFor()
  await writeFile(file, before)
  await page.getByText('console-test-sink', { exact: true }).waitFor({ state: 'detached' })
  await expect.poll(() => page.getByText('student-dead-letter', { exact: true }).isVisible()).toBe(true)
})

test('a cluster is shown by its addresses: the same system, and nothing that only this machine can do', async () => {
  const { kubeconfig, kafka, postgres, functions } = inject('endpoints')
  const addresses = ['--kubeconfig', kubeconfig, '--bootstrap', kafka.bootstrap, '--database', postgres.url]
  const { url, stop } = await startConsole([...addresses, '--function', `onAnyStudent=${functions.onAnyStudent?.url}`])
  onTestFinished(stop)
  // What the tests before have killed or edited may be about to recover, and a new console to look.
  const within = { timeout: 30_000 }
  const read = async (name: string) => (await send('GET', `${url}/api/reads/${name}`)).json()
  await expect
    .poll(() => read('parts'), within)
    .toMatchObject({
      actions: [],
      parts: expect.arrayContaining([expect.objectContaining({ name: 'Service on-any-student', healthy: true })])
    })
  await expect
    .poll(() => read('overview'), within)
    .toMatchObject({
      nodes: expect.arrayContaining([expect.objectContaining({ id: 'function:onAnyStudent', ready: 'True' })])
    })
  await expect
    .poll(() => read('groups'), within)
    .toMatchObject({
      groups: expect.arrayContaining([expect.objectContaining({ name: 'on-any-student', state: 'Stable' })])
    })
  await expect
    .poll(() => read('events?type=StudentCreated'), within)
    .toMatchObject({
      rows: expect.arrayContaining([expect.objectContaining({ topic: 'student_create' })])
    })
  const kill = await send('POST', `${url}/api/actions/part`, { name: 'broker-1', action: 'kill' })
  expect([kill.status, kill.text]).toEqual([409, expect.stringContaining('kubectl')])
})

const sinkYaml = `
apiVersion: eventing.knative.dev/v1alpha1
kind: KafkaSink
metadata:
  name: console-test-sink
  namespace: students
spec:
  bootstrapServers: [students-kafka-bootstrap.students.svc.cluster.local:9092]
  topic: student_dead_letter
  contentMode: binary
`

async function local(...args: string[]): Promise<void> {
  const given = ['infra/local.ts', ...args, '--state', inject('stateDirectory')]
  await promisify(execFile)(process.execPath, given, { cwd: project.directory })
}
