// How `func invoke` finds a running function: a directory with the name of its port in FUNCTION/.func/runs.
// https://github.com/knative/func/blob/main/pkg/functions/job.go
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isFree } from '../state/ports.ts'

const runsOf = (functionDirectory: string): string => join(functionDirectory, '.func', 'runs')

/** Also takes away those of runs that were killed: func calls the first it finds, whether anybody is there or not. */
export async function addRunDirectory(functionDirectory: string, port: number): Promise<void> {
  const runs = runsOf(functionDirectory)
  await mkdir(join(runs, String(port)), { recursive: true })
  for (const name of await readdir(runs)) {
    const another = Number(/^\d{1,5}$/.exec(name)?.[0]) // func does not look at other names either
    if (another > 0 && another < 65_536 && another !== port && (await isFree(another))) {
      await removeRunDirectory(functionDirectory, another)
    }
  }
}

export async function removeRunDirectory(functionDirectory: string, port: number): Promise<void> {
  await rm(join(runsOf(functionDirectory), String(port)), { recursive: true, force: true })
}
