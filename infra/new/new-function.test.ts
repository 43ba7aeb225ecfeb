// What cannot be made is refused before anything is written.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { projectDirectory } from '../bundle.ts'

const run = promisify(execFile)

test.each([
  [['onStudentCreate', '--topic', 'a_topic'], 'functions/onStudentCreate is there already: choose another name'],
  [['OnParcelSent', '--topic', 'a_topic'], "OnParcelSent cannot be a function's name: it must read like"],
  [['on-parcel-sent', '--topic', 'a_topic'], "on-parcel-sent cannot be a function's name"],
  [['students', '--topic', 'a_topic'], "students cannot be a function's name"],
  [['../escape', '--topic', 'a_topic'], "../escape cannot be a function's name"],
  [['onSent', '--topic', 'a-topic'], 'a-topic cannot be a topic here: it must read like parcel_sent'],
  [['onSent', '--topic', 'sent', '--type', 'sent'], 'sent cannot be a new type: it must read like example.ParcelSent'],
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
