// Does a fault to the running stack, and undoes it: through the runtime's control endpoint where it has the part, through
// Kafka and PostgreSQL for the rest.
import type { Kafka } from 'kafkajs'
import { actOnPart, type Action, type Endpoints } from '../../knative-local/index.ts'
import type { Plan } from '../../knative-local/plans.ts'
import type { Processes } from '../../knative-local/single-parts.ts'
import { bulkReplay } from './faults/bulk-replay.ts'
import { addPartition, setMinInSync } from './faults/change-topic.ts'
import { whileSinkIsDown } from './faults/dead-letter-sink-down.ts'
import { lastFor } from './faults/last-for.ts'
import { createSecondDataPlane } from './faults/second-data-plane.ts'
import { usersAppear } from './faults/users-appear.ts'
import type { Load } from './load.ts'
import type { Fault } from './schedule.ts'

export interface Injector {
  /** Resolves when the fault is over; answers what was done, in words. The fault is undone even when `signal` ends it early. */
  inject(fault: Fault, signal: AbortSignal): Promise<string>
  /** Deliveries that went past the proxies, which the stack's own data plane does not count. */
  proxied(): number
}

export interface InjectorOptions {
  readonly endpoints: Endpoints
  readonly kafka: Kafka
  readonly plan: Plan
  readonly processes: Processes
  readonly load: Load
}

const storms = 3

export function createInjector({ endpoints, kafka, plan, processes, load }: InjectorOptions): Injector {
  const second = createSecondDataPlane(processes, endpoints, plan)

  const all = (action: Action, parts: readonly string[]) =>
    Promise.all(parts.map(part => actOnPart(endpoints, part, action)))

  return {
    proxied: second.passed,
    async inject({ kind, atMs, forMs, targets }, signal) {
      const [target = ''] = targets
      switch (kind) {
        case 'kill-broker':
        case 'kill-two-brokers':
        case 'kill-postgres':
        case 'kill-connect':
          await lastFor(forMs, signal, { begin: () => all('kill', targets), end: () => all('start', targets) })
          return 'killed, down for a while, started again'
        case 'kill-data-plane':
        case 'kill-function':
          await actOnPart(endpoints, target, 'kill')
          return 'killed; the runtime starts it again'
        case 'pause-broker':
        case 'pause-postgres':
        case 'pause-connect':
        case 'pause-data-plane':
        case 'pause-function':
          await lastFor(forMs, signal, { begin: () => all('pause', targets), end: () => all('resume', targets) })
          return 'paused and resumed'
        case 'lose-answers': {
          const { passed, broken } = await second.withAnswers('lose', forMs, signal)
          return `${broken} of ${passed} answers of a second data plane were lost after the commit`
        }
        case 'slow-handler': {
          const { passed, broken } = await second.withAnswers('slow', forMs, signal)
          return `${broken} of ${passed} answers of a second data plane were held up`
        }
        case 'rebalance-storm':
          for (let storm = 0; storm < storms && !signal.aborted; storm++) {
            await second.withAnswers('pass', forMs / storms, signal)
          }
          return `a second data plane joined and left ${storms} times`
        case 'add-partition':
          return addPartition(kafka, target)
        case 'users-appear':
          return usersAppear(endpoints.postgres.url, load)
        case 'bulk-replay':
          return bulkReplay(endpoints.functions.deadLetterReplay?.url ?? '')
        case 'dead-letter-sink-down':
          return whileSinkIsDown({
            kafka,
            databaseUrl: endpoints.postgres.url,
            topic: target,
            load,
            forMs,
            signal,
            // More replicas than there are: Kafka refuses every write, and the KafkaSink answers an error.
            takeAway: () => setMinInSync(kafka, plan, target, 4),
            giveBack: () => setMinInSync(kafka, plan, target, 2)
          })
        case 'cut-connections':
        case 'slow-network':
          return second.withNetwork(kind === 'cut-connections' ? 'cut' : 'slow', atMs, forMs, signal)
      }
    }
  }
}
