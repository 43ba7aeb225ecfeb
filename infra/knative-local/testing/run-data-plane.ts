// The data plane in the process of a test, on free ports and without a log.
import { pino } from 'pino'
import { DataPlane, type DataPlanePlan } from '../dataplane/data-plane.ts'
import type { ClusterSettings } from '../dataplane/kafka/clusters.ts'
import { Secrets } from '../dataplane/kafka/secrets.ts'

/** Whoever starts it stops it. `resolved` are addresses of sinks by `namespace/name`. */
export async function runDataPlane(
  plan: DataPlanePlan,
  kafka: Partial<ClusterSettings>,
  resolved: ReadonlyMap<string, string> = new Map()
): Promise<DataPlane> {
  const dataPlane = await DataPlane.start({
    kafka: { plaintext: false, clientId: 'test', secrets: new Secrets(new Map(), {}), ...kafka },
    ingressPort: 0,
    sinkPort: 0,
    resolved,
    log: pino({ enabled: false })
  })
  await dataPlane.apply(plan)
  return dataPlane
}
