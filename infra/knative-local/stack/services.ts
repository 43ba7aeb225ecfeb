// Every Service of Knative in the YAML, as a process behind a port that stays.
import type { Endpoints } from '../endpoints.ts'
import { stateKey } from '../kubernetes-api/live-state.ts'
import type { Plan } from '../manifests/plan.ts'
import { portsPerStack } from '../state/ports.ts'
import { createFunctions, type Functions } from '../serving/functions.ts'
import { startPrograms } from '../serving/programs.ts'
import { later, type Part, type RunningPart } from './part.ts'
import { postgresPart } from './postgres.ts'
import { subscribedRequests } from './subscribed-requests.ts'
import { tracesPart } from './traces.ts'

export interface RunningServices extends RunningPart {
  readonly services: Functions['services']
  /** Called when an instance is another one; awaited before the one before ends. */
  onMoved(listener: () => Promise<void>): void
}

/** From here on, 30 of the Services (service-ports.ts). */
export const firstServicePort = 20
/** From here on, the processes behind them. */
const firstInstancePort = 50

export const servicesPart: Part<RunningServices> = {
  name: 'services',
  needs: [postgresPart, tracesPart],
  /** An edit adds the first, at no cost until then. */
  isWanted: () => true,
  ports: () => ({}), // each Service's own are given by name
  files: ['functions', 'service-ports.json'],
  addresses: (plan, places) => ({
    http: new Map(
      plan.services.flatMap(({ name, namespace }) => {
        const port = places.servicePort(name)
        return port === undefined ? [] : [[`${name}.${namespace}`, `http://127.0.0.1:${port}`]]
      })
    )
  }),
  async begin(context) {
    const { progress, processes, stateDirectory, servicePorts, inspect, plan, report, pidChanged } = context
    const listeners: (() => Promise<void>)[] = []
    const tracing = context.running(tracesPart)?.environment
    const functions = await progress.step('functions are built', () =>
      createFunctions(processes, {
        services: plan().services,
        startPrograms: events => startPrograms(context.project(), stateDirectory, events),
        ports: servicePorts,
        firstInstancePort: context.port(firstInstancePort),
        lastInstancePort: context.port(portsPerStack - 1),
        inspect,
        environment: () => ({ addresses: context.addresses(), secrets: context.secrets(), tracing }),
        subscribedRequests: service => subscribedRequests(service, plan()),
        moved: async () => void (await Promise.all(listeners.map(listener => listener()))),
        report,
        pidChanged
      })
    )
    const migrated = context.running(postgresPart)?.migrated ?? Promise.resolve()
    const ready = later(migrated.then(() => progress.step('functions answer', functions.start)))
    const { services } = functions

    return {
      services,
      onMoved: listener => void listeners.push(listener),
      ready,
      processes: () =>
        [...services.values()].map(service => ({
          name: service.name,
          address: service.url,
          pid: service.pid,
          isHealthy: () => functions.isHealthy(service.name),
          start: service.bringUp,
          stop: service.takeDown,
          kill: async () => service.signal('SIGKILL'),
          signal: service.signal
        })),
      endpoints: () => endpointsOf(functions, plan()),
      states: async now =>
        now.services.map(({ namespace, name }) => {
          const service = services.get(name)
          const state = service?.isReady()
            ? { ready: 'True' as const }
            : {
                ready: 'False' as const,
                reason: 'RevisionMissing',
                message: service?.problem() ?? 'no instance answers'
              }
          return [stateKey('Service', namespace, name), { ...state, ...(service && { url: service.url }) }]
        }),
      apply: edited => functions.apply(edited.services, context.project().services),
      stop: functions.stop
    }
  }
}

/** A function goes by the first Service that runs it. */
function endpointsOf({ services, programOf }: Functions, plan: Plan): Pick<Endpoints, 'services' | 'functions'> {
  const described = plan.services.flatMap(({ name }) => {
    const service = services.get(name)
    if (!service) return [] // it could not be started, which has been reported
    return [{ service: name, function: programOf(name) ?? name, url: service.url, pid: service.pid() ?? null }]
  })
  return {
    services: Object.fromEntries(described.map(({ service, ...rest }) => [service, rest])),
    functions: Object.fromEntries(
      described.toReversed().map(({ function: target, ...rest }) => [target, rest]) // the first is written last
    )
  }
}
