import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The job in a process of its own, as its image runs it: how it ended, and what it printed. */
export function endedJob(env: Readonly<Record<string, string>>) {
  return promisify(execFile)(process.execPath, ['--disable-warning=TimeoutNegativeWarning', 'infra/jobs/prune.ts'], {
    env: { ...process.env, ...env }
  }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error
  )
}
