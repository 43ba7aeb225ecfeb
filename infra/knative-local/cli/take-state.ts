// The state folder, taken by one run alone: an earlier run's processes are ended, and `--clean` deletes what was made there.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createEndpointsFile } from '../endpoints.ts'
import { killLeftovers } from '../processes/leftovers.ts'
import { parts } from '../stack/registered.ts'
import { openStateFolder } from '../state/state-folder.ts'
import { lockState } from '../state/state-lock.ts'
import type { Settings } from './settings.ts'

export interface TakeStateOptions extends Pick<Settings, 'stateDirectory' | 'clean'> {
  say(sentence: string): void
  /** Called with what gives the folder back, as soon as it is taken. */
  taken(release: () => Promise<unknown>): void
}

/** Answers its endpoints.json. @throws when another run has the folder, or somebody else could have written to it */
export async function takeState({
  stateDirectory,
  clean,
  say,
  taken
}: TakeStateOptions): Promise<ReturnType<typeof createEndpointsFile>> {
  await openStateFolder(stateDirectory)
  taken((await lockState(stateDirectory)).release)
  const leftovers = await killLeftovers(stateDirectory)
  if (leftovers > 0)
    say(`ended what an earlier run left behind: ${leftovers} ${leftovers === 1 ? 'process' : 'processes'}`)
  const endpointsFile = createEndpointsFile(stateDirectory)
  await endpointsFile.remove() // of a run that was killed
  if (clean) {
    const made = ['logs', 'kubeconfig', 'types.tsbuildinfo', ...parts.flatMap(({ files }) => files)]
    await Promise.all(made.map(name => rm(join(stateDirectory, name), { recursive: true, force: true })))
  }
  return endpointsFile
}
