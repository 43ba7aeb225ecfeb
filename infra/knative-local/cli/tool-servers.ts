// What tools talk to while a stack runs: kubectl the Kubernetes API, and the commands of this package the control endpoint.
import { join } from 'node:path'
import { type Control, startControl } from '../control.ts'
import { startKubernetesApi } from '../kubernetes-api/start-kubernetes-api.ts'
import { watchLiveState } from '../live-state.ts'
import type { Stack } from '../stack/stack.ts'
import type { Edits } from './follow-edits.ts'

export interface ToolServersOptions {
  readonly ports: { readonly control: number; readonly kubernetesApi: number }
  readonly stateDirectory: string
  /** Called with what closes one of them, as soon as it is open. */
  opened(close: () => Promise<unknown>): void
  report(sentence: string): void
}

export interface ToolServers {
  readonly control: Pick<Control, 'url' | 'token'>
  readonly kubeconfig: string
}

export async function startToolServers(
  stack: Stack,
  edits: Edits,
  { ports, stateDirectory, opened, report }: ToolServersOptions
): Promise<ToolServers> {
  const kubeconfig = join(stateDirectory, 'kubeconfig')
  const live = watchLiveState(stack)
  opened(async () => live.stop())
  const kubernetes = await startKubernetesApi({
    port: ports.kubernetesApi,
    plan: edits.plan,
    state: live.state,
    kubeconfigPath: kubeconfig
  })
  opened(kubernetes.stop)
  const control = await startControl(
    ports.control,
    stack.processes,
    () => ({ ...stack.findings(), refusedEdits: [...edits.refused(), ...stack.refusedEdits()] }),
    report
  )
  opened(control.close)
  return { control, kubeconfig }
}
