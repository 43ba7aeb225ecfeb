// Time to live: of a topic's records by retention, and of one message by `expirytime`.
import type { Scenario } from '../scenario.ts'
import { createTemporaryTopic } from '../stage/temporary-topic.ts'
import { lateCommand } from './late-command.ts'
import { readAfterRetention } from './read-after-retention.ts'
import { openReaderGroup } from './reader-group.ts'
import { retentionCheckMs, stopRetention } from './topic-settings.ts'
import { recordsPerWave, watchRetention } from './watch-retention.ts'

/** A segment is closed after so long; only whole segments are removed. */
const segmentMs = 1_000
/** Where two groups went away: within the first wave, so that the smallest removal there is goes past them. */
const committed = recordsPerWave / 2

export const ttl: Scenario = {
  name: 'ttl',
  sentence: 'A topic with short retention: what it keeps, who can still read what, and a time to live for one message.',
  async run(stage, narrator) {
    const retentionMs = stage.short ? 5_000 : 10_000
    narrator.step(`A topic that keeps its records for ${retentionMs / 1_000} s`)
    const checkMs = await retentionCheckMs(stage)
    narrator.say(
      `retention.ms=${retentionMs}, segment.ms=${segmentMs}: Kafka removes a segment when its newest record is older than retention.ms, ` +
        `and these brokers look every ${checkMs / 1_000} s (log.retention.check.interval.ms; 300 s by default). Whether somebody has read it does not matter.`
    )
    const topic = await createTemporaryTopic(stage, 'ttl', {
      partitions: 1,
      config: { 'retention.ms': String(retentionMs), 'segment.ms': String(segmentMs) }
    })
    const early = await openReaderGroup(stage, topic, 'early')
    await early.start('earliest')
    const awayEarliest = await openReaderGroup(stage, topic, 'away-earliest', committed)
    const awayLatest = await openReaderGroup(stage, topic, 'away-latest', committed)
    await watchRetention(stage, narrator, { topic, retentionMs, checkMs, removals: stage.short ? 1 : 3 })
    await stopRetention(stage, topic) // so that nothing changes while it is looked at

    const late = await openReaderGroup(stage, topic, 'late')
    await readAfterRetention(stage, narrator, { topic, committed, early, late, awayEarliest, awayLatest })
    await lateCommand(stage, narrator)
  }
}
