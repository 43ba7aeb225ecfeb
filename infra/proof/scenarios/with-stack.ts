// The stack that a scenario runs on: the one that runs, or one of its own that is deleted in the end.
import { type Endpoints, readEndpoints, stateDirectoryOf } from '../../knative-local/index.ts'
import { createStackFolder } from '../../knative-local/testing.ts'
import { devEntry, project } from '../../project.ts'

export interface StackChoice {
  /** One of its own, though another one runs. */
  readonly own: boolean
  /** The one that runs there, and no other. */
  readonly state?: string
  say(sentence: string): void
}

/** Within the 15 s that a stop may take, and some for a busy machine. */
const stopTimeoutMs = 30_000

/** @throws when nothing runs where it was asked for, or the stack does not start */
export async function withStack<Result>(
  { own, state, say }: StackChoice,
  /** The folder is where a stack keeps its state, and scenarios their files. */
  use: (endpoints: Endpoints, stateDirectory: string) => Promise<Result>
): Promise<Result> {
  const stateDirectory = stateDirectoryOf(state, process.env)
  const running = own ? undefined : await readEndpoints(stateDirectory)
  if (running) return use(running, stateDirectory)
  if (state !== undefined && !own) {
    throw new Error(`Nothing runs on ${stateDirectory}. Start it with npm run dev -- --state ${state}.`)
  }
  say('Starting a stack of its own: about 15 seconds.')
  const folder = await createStackFolder(project, devEntry)
  try {
    const stack = await folder.startWhole()
    const result = await use(stack.endpoints, stateDirectory) // what a scenario writes for people outlives the stack
    say('Stopping the stack.')
    await stack.main.stop(stopTimeoutMs)
    return result
  } finally {
    await folder.remove()
  }
}
