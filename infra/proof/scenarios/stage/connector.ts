// A connector's state, through Kafka Connect's REST.
import { z } from 'zod'
import { askConnect } from '../../../knative-local/single-parts.ts'
import { until } from '../../../knative-local/testing.ts'
import type { Stage } from './stage.ts'

const ConnectorStatus = z.object({
  connector: z.object({ state: z.string() }),
  tasks: z.array(z.object({ state: z.string() }))
})

const states = { pause: 'PAUSED', stop: 'STOPPED', resume: 'RUNNING' } as const
const timeoutMs = 120_000
const requestTimeoutMs = 5_000

/** Resolves when the connector and its task are so. Connect answers 409 while it starts or rebalances: it is asked again. */
export async function setConnector(
  { endpoints, signal }: Pick<Stage, 'endpoints'> & { readonly signal?: AbortSignal },
  name: string,
  verb: keyof typeof states
): Promise<void> {
  const ask = (method: string, path: string) =>
    askConnect(endpoints.connect, `/connectors/${encodeURIComponent(name)}/${path}`, {
      method,
      timeoutMs: requestTimeoutMs
    })
  await until(`connector ${name} to take ${verb}`, timeoutMs, async () => (await ask('PUT', verb)).ok, { signal })
  await until(
    `connector ${name} to be ${states[verb]}`,
    timeoutMs,
    async () => {
      const status = ConnectorStatus.parse(await (await ask('GET', 'status')).json())
      return (
        status.connector.state === states[verb] &&
        status.tasks.length === (verb === 'stop' ? 0 : 1) && // one slot, one task
        status.tasks.every(({ state }) => state === states[verb])
      )
    },
    { signal }
  )
}

/**
 * Undoes what was done to Kafka Connect and a connector. After a kill the REST API says what was true before it, so this waits
 * until PostgreSQL sees the connector again, which reads its slot; both have one name here.
 */
export async function bringConnectBack(
  { act, database, endpoints }: Pick<Stage, 'act' | 'database' | 'endpoints'>,
  name: string
): Promise<void> {
  await act('start', 'connect')
  await setConnector({ endpoints }, name, 'resume')
  await until(`connector ${name} to read its slot`, timeoutMs, async () => {
    const { rows } = await database.query('select from pg_replication_slots where slot_name = $1 and active', [name])
    return rows.length === 1
  })
}
