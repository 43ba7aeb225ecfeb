// A consumer group's end.
import type { Admin } from 'kafkajs'
import { until } from '../../../knative-local/testing.ts'

/** A member that was killed, or could not leave while the brokers were away, is in the group until its session (30 s) is over. */
const timeoutMs = 90_000

/** Tries again while the group has members; one that does not exist is deleted already. */
export async function deleteGroup(admin: Admin, groupId: string): Promise<void> {
  await until(
    `group ${groupId} to be deleted`,
    timeoutMs,
    async () => {
      const { groups } = await admin.listGroups()
      if (groups.some(group => group.groupId === groupId)) await admin.deleteGroups([groupId])
      return true
    },
    { everyMs: 500 }
  )
}
