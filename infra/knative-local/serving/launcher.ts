// Starts a process for a Service: what it runs, at a port of its own, with the environment that it has in the cluster.
import type { Service } from '../manifests/plan.ts'
import { logToScreen } from '../processes/log-to-screen.ts'
import type { Processes } from '../processes/processes.ts'
import { serviceEnvironment } from './environment.ts'
import type { FunctionsOptions } from './functions.ts'
import { type Instance, type StartOptions, startInstance } from './instance.ts'
import { instancePorts } from './instance-ports.ts'
import type { Programs } from './programs.ts'

export interface Launcher {
  /** @throws when it must be ready and does not become it */
  launch(spec: Service, how: StartOptions): Promise<Instance>
  isInspected(spec: Service): boolean
}

type Options = Pick<
  FunctionsOptions,
  'firstInstancePort' | 'lastInstancePort' | 'inspect' | 'inspectorPort' | 'environment' | 'report'
>

/** Where editors look for a program to attach to. */
const defaultInspectorPort = 9_229

export function createLauncher(
  processes: Processes,
  programs: Programs,
  options: Options,
  /** Whether the Service does not start: what it says at each further failure of its start is in its log. */
  isFailing: (service: string) => boolean
): Launcher {
  const { environment, report } = options
  const nextPort = instancePorts(options.firstInstancePort, options.lastInstancePort)
  const isInspected = (spec: Service): boolean => [spec.name, programs.nameOf(spec)].includes(options.inspect ?? '')
  return {
    isInspected,
    async launch(spec, how) {
      const target = programs.nameOf(spec)
      const show = logToScreen(target, report)
      const inspectorPort = isInspected(spec) ? (options.inspectorPort ?? defaultInspectorPort) : undefined
      const program = programs.program(target, inspectorPort)
      return startInstance(
        processes,
        {
          name: spec.name,
          program,
          port: await nextPort(),
          env: { ...program.env, ...serviceEnvironment(spec, environment(), program.override) },
          onLine: line => void (isFailing(spec.name) || show(line))
        },
        how
      )
    }
  }
}
