// The stack of a plan with its ports and processes, of which nothing runs yet.
import type { Plan } from '../manifests/plan.ts'
import { openProcesses, type Processes } from '../processes/processes.ts'
import type { Project } from '../project.ts'
import { firstServicePort } from '../stack/services.ts'
import { createStack, type Stack } from '../stack/stack.ts'
import { checkPorts } from '../state/ports.ts'
import { openServicePorts } from '../state/service-ports.ts'
import type { Ending } from './ending.ts'
import type { Messages } from './messages.ts'
import type { Settings } from './settings.ts'

export interface OpenStackOptions extends Pick<Settings, 'stateDirectory' | 'portBase' | 'inspect'> {
  readonly project: Project
  readonly plan: Plan
  /** A part's process is another one. */
  pidChanged(): void
}

/** Of main itself, by offset from the base. */
const ownPorts = { control: 2, kubernetesApi: 7, beside: 8 }
export type OwnPorts = typeof ownPorts

export interface OpenedStack {
  readonly stack: Stack
  readonly processes: Processes
  readonly ports: OwnPorts
}

/** @throws when one of its ports is taken */
export async function openStack(options: OpenStackOptions, messages: Messages, ending: Ending): Promise<OpenedStack> {
  const { plan, stateDirectory, portBase } = options
  const { report, progress } = messages
  const servicePorts = await openServicePorts(stateDirectory, portBase + firstServicePort)
  const portsOfServices = await servicePorts.assign(plan.services.map(({ name }) => name))
  const processes = openProcesses(stateDirectory)
  messages.keepIn(processes)
  ending.undoEvenKilled(processes.close)
  ending.undoEvenKilled(async () => processes.killAll()) // what was still starting

  const stack = createStack({ ...options, servicePorts, processes, progress, report })
  const ports = {
    control: portBase + ownPorts.control,
    kubernetesApi: portBase + ownPorts.kubernetesApi,
    beside: portBase + ownPorts.beside
  }
  await checkPorts(
    new Map([
      [ports.control, 'commands'],
      [ports.kubernetesApi, 'the Kubernetes API'],
      [ports.beside, 'what runs beside the stack'],
      ...stack.ports(),
      ...[...portsOfServices].map(([name, port]) => [port, name] as const)
    ])
  )
  ending.undo(stack.stop)
  return { stack, processes, ports }
}
