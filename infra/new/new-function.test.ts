// A new function works as it was made, and what cannot be made is refused before anything is written.
import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { projectDirectory } from '../bundle.ts'
import { copyProject } from '../test/project-copy.ts'

const run = promisify(execFile)

test.each([
  [['onStudentCreate', '--topic', 'a_topic'], 'functions/onStudentCreate is there already: choose another name'],
  [['OnParcelSent', '--topic', 'a_topic'], "OnParcelSent cannot be a function's name: it must read like"],
  [['on-parcel-sent', '--topic', 'a_topic'], "on-parcel-sent cannot be a function's name"],
  [['students', '--topic', 'a_topic'], "students cannot be a function's name"],
  [['../escape', '--topic', 'a_topic'], "../escape cannot be a function's name"],
  [['onSent', '--topic', 'a-topic'], 'a-topic cannot be a topic here: it must read like parcel_sent'],
  [['onSent', '--topic', 'sent', '--type', 'sent'], 'sent cannot be a new type: it must read like example.ParcelSent'],
  [['onSent', '--topic', 'sent', '--topic', 'student_create'], 'nothing here publishes to sent: say with --type what'],
  [['sendIt', '--topic', 'sent', '--topic', 'resent', '--http'], 'a command publishes to one topic: name one --topic'],
  [['onSent', '--topic', 'sent', '--http', '--plain'], '--http and --plain exclude each other'],
  [['onSent'], "required option '--topic <topic>' not specified"]
])('%j is refused, and nothing is written', async (args, says) => {
  const made = run(process.execPath, [join(projectDirectory, 'infra/new/main.ts'), 'function', ...args])
  await expect(made).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(says) })
  const { stdout } = await run('git', ['status', '--porcelain', '--', 'functions/onSent', 'knative/on-sent.yaml'], {
    cwd: projectDirectory
  })
  expect(stdout).toBe('')
})

test('a consumer, a plain function and a command are whole: types, derived files and their own tests', async () => {
  const { directory: project, remove } = await copyProject()
  onTestFinished(remove)
  // Not this run's: vitest hands its own settings on to whatever it starts.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))
  const node = (file: string, ...args: string[]) =>
    run(process.execPath, [join(project, file), ...args], { cwd: project, env })

  const made = await node('infra/new/main.ts', 'function', 'onParcelSent', '--topic', 'parcel_sent')
  expect(made.stdout).toContain(
    'npx vitest run --config infra/test/vitest.config.ts --project unit functions/onParcelSent'
  )
  await node('infra/new/main.ts', 'function', 'printParcel', '--topic', 'parcel_sent', '--plain')
  await node('infra/new/main.ts', 'function', 'sendParcel', '--topic', 'parcel_sent', '--http')

  // One that another function has described meanwhile is not what a new one holds.
  await writeFile(
    join(project, 'functions/onParcelSent/event.ts'),
    `import * as z from 'zod'
import { jsonEvent } from '../runtime/events/event-type.ts'
export const parcelSent = jsonEvent('example.ParcelSent', z.object({ id: z.string(), name: z.string() }))
export const parcelLost = jsonEvent('example.ParcelLost', z.object({ at: z.iso.date(), by: z.object({ grams: z.int().min(5) }) }))
`
  )
  await node('infra/new/main.ts', 'function', 'printLoss', '--topic', 'lost', '--type', 'example.ParcelLost', '--plain')
  await node('infra/new/main.ts', 'function', 'onChange', '--topic', 'student_update', '--topic', 'student_create')
  const handler = join(project, 'functions/onChange/handler.ts')
  const text = await readFile(handler, 'utf8')
  await writeFile(handler, text.replace('{ id, type, data }, ', '{ id, type, length: data.id.length }, '))

  expect((await readdir(join(project, 'functions/onParcelSent'))).toSorted()).toEqual([
    'event.ts',
    'func.yaml',
    'handler.test.ts',
    'handler.ts',
    'index.ts'
  ])
  const yaml = await readFile(join(project, 'knative/on-parcel-sent.yaml'), 'utf8')
  expect(parseAllDocuments(yaml).map(document => document.toJS() as unknown)).toMatchObject([
    { kind: 'Service', metadata: { name: 'on-parcel-sent', namespace: 'students' } },
    { kind: 'KafkaSource', spec: { topics: ['parcel_sent'], consumerGroup: 'on-parcel-sent' } }
  ])
  expect(await readFile(join(project, 'infra/postgres/roles/grants.sql'), 'utf8')).toContain('to on_parcel_sent;')
  expect((await node('infra/derived/main.ts')).stdout).toBe('All is current.\n')
  await node('node_modules/typescript/bin/tsc', '--noEmit')
  const all = ['onParcelSent', 'printParcel', 'sendParcel', 'printLoss', 'onChange']
  const folders = all.map(name => `functions/${name}/`)
  const ran = await node('node_modules/vitest/vitest.mjs', 'run', ...vitestSettings, ...folders)
  expect(ran.stdout).toMatch(/^5 passed, 0 failed$/m)
}, 180_000)

const vitestSettings = ['--config', 'infra/test/vitest.config.ts', '--project', 'unit']
