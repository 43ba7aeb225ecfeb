// Kafka is down and comes back, and groups are rewound: everything arrives, some of it again, and has its effect once.
import { logRanges } from '../../audit/log-offsets.ts'
import type { Scenario } from '../scenario.ts'
import { judge } from '../stage/student-load.ts'
import { showOutage } from './outage.ts'
import { showRewind } from './rewind.ts'

export const replay: Scenario = {
  name: 'replay',
  sentence:
    'Kafka goes down while students are posted and nothing is lost; rewound to an offset or a time, nothing is done twice.',
  async run(stage, narrator) {
    const offsets = await logRanges(stage.admin, ['student_create'])
    const { load, writesStoppedAt } = await showOutage(stage, narrator)
    await showRewind(stage, narrator, { load, offsets, time: writesStoppedAt })
    narrator.step('Every event, accounted for')
    await judge(stage, narrator, load)
  }
}
