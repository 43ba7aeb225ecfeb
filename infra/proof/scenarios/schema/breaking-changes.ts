// `buf breaking` between two texts of one file, with the project's own rules.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { projectDirectory } from '../../../bundle.ts'
import type { Stage } from '../stage/stage.ts'

const timeoutMs = 30_000
/** Of buf, when there is something to report. https://buf.build/docs/breaking/overview */
const foundStatus = 100
const Change = z.object({ path: z.string(), start_line: z.number(), message: z.string() })

/** A sentence each, with file and line. */
export async function breakingChanges({ signal, undo }: Stage, before: string, after: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-schema-'))
  undo(folder, () => rm(folder, { recursive: true }))
  for (const [name, text] of [
    ['before', before],
    ['after', after]
  ] as const) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'course.proto'), text)
  }
  const { status, stdout, stderr } = await run(
    join(projectDirectory, 'node_modules/.bin/buf'),
    [
      'breaking',
      join(folder, 'after'),
      '--against',
      join(folder, 'before'),
      '--error-format=json',
      '--config',
      'schemas/buf.yaml'
    ],
    { cwd: projectDirectory, signal, timeout: timeoutMs }
  )
  if (status !== 0 && status !== foundStatus) throw new Error(`buf breaking ended with ${status}: ${stderr}`)
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => Change.parse(JSON.parse(line)))
    .map(({ path, start_line: line, message }) => `${basename(path)}:${line} ${message.split('. See ')[0]}`)
}

interface Run {
  readonly status: number | string
  readonly stdout: string
  readonly stderr: string
}

function run(command: string, args: string[], options: { cwd: string; signal: AbortSignal; timeout: number }) {
  return new Promise<Run>(resolve => {
    execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr: stderr || (error?.message ?? '') })
    )
  })
}
