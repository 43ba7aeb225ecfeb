// The Knative data plane, for KafkaSources, Triggers, Brokers and KafkaSinks.
import { join } from 'node:path'
import { z } from 'zod'
import type { Handed } from '../dataplane/plan/handed-plan.ts'
import { PASSING_FAILURES } from '../dataplane/egress/outcomes.ts'
import type { Plan } from '../manifests/plan.ts'
import { createDataplane } from '../parts/data-plane.ts'
import { dataPlaneStates } from './data-plane-states.ts'
import { kafkaPart } from './kafka.ts'
import { later, type Part } from './part.ts'
import { pidOf, readJson } from './part-process.ts'
import { type RunningServices, servicesPart } from './services.ts'
import { tracesPart } from './traces.ts'

const ports = { ingress: 0, sinkIngress: 1, status: 3 }
/** What the data plane runs. */
const planFile = 'data-plane.json'

export const dataPlanePart: Part = {
  name: 'dataplane',
  needs: [kafkaPart, servicesPart, tracesPart],
  isWanted: ({ kafkaSources, kafkaSinks, brokers, triggers }) =>
    [kafkaSources, kafkaSinks, brokers, triggers].some(kind => kind.length > 0),
  ports: () => ({
    [ports.ingress]: 'the Broker ingress',
    [ports.sinkIngress]: 'the KafkaSink ingress',
    [ports.status]: "the data plane's status"
  }),
  files: [planFile],
  addresses: (_plan, { port }) => ({
    http: new Map([
      ['kafka-broker-ingress.knative-eventing', `http://127.0.0.1:${port(ports.ingress)}`],
      ['kafka-sink-ingress.knative-eventing', `http://127.0.0.1:${port(ports.sinkIngress)}`]
    ])
  }),
  async begin(context) {
    const { progress, processes, stateDirectory, plan, report, pidChanged } = context
    const kafka = context.running(kafkaPart)
    const services = context.running(servicesPart)
    const dataplane = createDataplane(processes, {
      planFile: join(stateDirectory, planFile),
      bootstrap: kafka?.bootstrap ?? [],
      tracing: context.running(tracesPart)?.environment ?? {},
      ports: {
        ingress: context.port(ports.ingress),
        sinkIngress: context.port(ports.sinkIngress),
        status: context.port(ports.status)
      },
      report,
      pidChanged
    })
    const handOver = (now: Plan) => dataplane.apply({ plan: now, ...placesOf(now, services) })
    await handOver(plan())
    services?.onMoved(async () => {
      await handOver(plan())
        .then(dataplane.isInEffect)
        .catch((error: Error) => report(`the data plane does not know of a new instance: ${error.message}`))
    })
    const topicsAreMissing = () => (kafka?.topics.problems().size ?? 0) > 0
    const start = async (): Promise<void> => {
      dataplane.start()
      await dataplane.ready(topicsAreMissing)
    }
    let isStopped = false
    const ready = later(
      (async () => {
        await kafka?.topicsMade
        if (!isStopped) await progress.step('the data plane consumes', start)
      })()
    )

    return {
      ready,
      processes: () => [
        {
          name: 'dataplane',
          address: `${dataplane.ingressUrl} (ingress), ${dataplane.statusUrl}`,
          pid: () => pidOf(dataplane.process()),
          async isHealthy() {
            if (!dataplane.isReady()) throw new Error('it does not consume yet')
            refuseUnhealthySources(await readJson(dataplane.statusUrl))
            return true
          },
          start,
          stop: dataplane.takeDown,
          async kill() {
            dataplane.process()?.signal('SIGKILL')
            await dataplane.process()?.exited
          },
          signal: signal => dataplane.process()?.signal(signal)
        }
      ],
      endpoints: () => ({
        ingress: { url: dataplane.ingressUrl },
        sinkIngress: { url: dataplane.sinkIngressUrl },
        dataplane: { statusUrl: dataplane.statusUrl, pid: pidOf(dataplane.process()) ?? null }
      }),
      states: now => dataPlaneStates(now, dataplane, kafka?.topics),
      apply: handOver,
      async stop() {
        isStopped = true
        await dataplane.stop()
      }
    }
  }
}

/** Of Services and, where they may be sent to without their ports, of their instances. */
function placesOf(plan: Plan, running: RunningServices | undefined): Pick<Handed, 'addresses' | 'direct'> {
  const services = plan.services.flatMap(({ namespace, name }) => {
    const service = running?.services.get(name)
    return service ? [{ key: `${namespace}/${name}`, url: service.url, direct: service.direct() }] : []
  })
  return {
    addresses: Object.fromEntries(services.map(({ key, url }) => [key, url])),
    direct: Object.fromEntries(services.flatMap(({ url, direct }) => (direct ? [[url, direct]] : [])))
  }
}

const maxProblems = 3
const Health = z.object({
  sources: z.array(
    z.object({
      kind: z.string(),
      namespace: z.string(),
      name: z.string(),
      retrying: z.array(
        z.object({
          topic: z.string(),
          partition: z.number(),
          offset: z.number(),
          eventId: z.string().optional(),
          failures: z.number(),
          error: z.string()
        })
      )
    })
  )
})

/** A record that fails again and again holds back what comes after it. @throws with the records, and the last error of each */
export function refuseUnhealthySources(status: unknown): void {
  const problems = Health.parse(status).sources.flatMap(({ kind, namespace, name, retrying }) =>
    retrying
      .filter(({ failures }) => failures > PASSING_FAILURES)
      .map(
        ({ topic, partition, offset, eventId, failures, error }) =>
          `${kind} ${namespace}/${name}: delivery of ${topic}/${partition}@${offset}${eventId === undefined ? '' : ` (event ${eventId})`} failed ${failures} times: ${error}`
      )
  )
  const shown = problems.slice(0, maxProblems)
  if (problems.length > maxProblems) shown.push(`and ${problems.length - maxProblems} more records`)
  if (problems.length > 0) throw new Error(shown.join('; '))
}
