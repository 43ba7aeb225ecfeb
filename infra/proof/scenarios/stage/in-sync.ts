// Whether the brokers are whole again: a scenario that took one away leaves the stack as it was.
import { until } from '../../../knative-local/testing.ts'
import type { Stage } from './stage.ts'

const timeoutMs = 180_000

/** Resolves when every replica of every topic is in sync. Without a signal it continues after Ctrl-C, to undo. */
export async function untilInSync({
  admin,
  signal
}: Pick<Stage, 'admin'> & { readonly signal?: AbortSignal }): Promise<void> {
  await until(
    'every replica to be in sync',
    timeoutMs,
    async () => {
      const { topics } = await admin.fetchTopicMetadata()
      return topics.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length))
    },
    { signal }
  )
}
