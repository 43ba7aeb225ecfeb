// Topics and groups for the runtime itself, while brokers come and go.
import type { Admin } from 'kafkajs'
import { connectKafka } from '../../dataplane/kafka/client.ts'

/** A broker that says nothing holds an edit up no longer than this; half a minute is for those who write. */
const requestTimeout = 10_000

export async function withAdmin<T>(bootstrap: readonly string[], use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = connectKafka(bootstrap, 'local-runtime', { requestTimeout }).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}
