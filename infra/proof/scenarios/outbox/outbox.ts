// The outbox: what a function stores and what it publishes are one transaction, and a relay carries it to Kafka.
import type { Scenario } from '../scenario.ts'
import { showCrashes } from './crash.ts'
import { showDualWrite } from './dual-write.ts'
import { showRelaySpeed } from './relay-speed.ts'
import { createRelayedTopic } from './relayed-topic.ts'
import { showRolledBack } from './rolled-back.ts'

export const outbox: Scenario = {
  name: 'outbox',
  sentence:
    'A crash between the commit and the publish loses nothing, a rollback publishes nothing; a naive dual write does both.',
  async run(stage, narrator) {
    await showCrashes(stage, narrator)
    const relayed = await createRelayedTopic(stage, 'outbox')
    const client = await stage.database.connect()
    try {
      await showRolledBack(stage, client, narrator, relayed)
      await showRelaySpeed(stage, client, narrator, relayed)
    } finally {
      client.release()
    }
    await showDualWrite(stage, narrator, relayed)
  }
}
