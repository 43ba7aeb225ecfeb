// What is true of every object at this moment, gathered from the parts once a second, for the Kubernetes API.
import type { LiveState } from './kubernetes-api/live-state.ts'
import type { Stack } from './stack/stack.ts'

export interface LiveStateWatch {
  state(): LiveState
  stop(): void
}

const everyMs = 1_000

export function watchLiveState({ states }: Pick<Stack, 'states'>): LiveStateWatch {
  let current: LiveState = new Map()
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  const look = async (): Promise<void> => {
    current = await states()
    if (!stopped) timer = setTimeout(look, everyMs)
  }
  void look()
  return {
    state: () => current,
    stop() {
      stopped = true
      clearTimeout(timer)
    }
  }
}
