// What `npm run dev` refuses before it starts anything.
import { execFile } from 'node:child_process'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { devEntry } from '../project.ts'

test('a function to inspect that there is not is wrong usage, and those that there are are named', async () => {
  await using state = await mkdtempDisposable(join(tmpdir(), 'dev-'))
  const flags = ['--state', state.path, '--inspect', 'onStudentCreated']
  await expect(promisify(execFile)(process.execPath, [devEntry, ...flags])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /--inspect onStudentCreated: no function is called that\. There are .*onStudentCreate,/
    )
  })
})
