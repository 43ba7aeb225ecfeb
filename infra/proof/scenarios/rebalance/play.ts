// What the steps of the scenario share.
import { type FollowedFunction, followedFunctions } from '../../audit/followed-functions.ts'
import type { DataPlaneMember } from '../../chaos/data-plane-member.ts'
import type { Narrator, Row } from '../report/narrator.ts'
import { type DeliveryLog, openDeliveryLog } from '../stage/delivery-log.ts'
import { describeGroup } from '../stage/describe.ts'
import type { Stage } from '../stage/stage.ts'
import type { DeliveryTrap } from './delivery-trap.ts'
import type { Turn } from './turn.ts'

export interface Play {
  readonly stage: Stage
  readonly narrator: Narrator
  readonly functions: readonly FollowedFunction[]
  /** The one whose group is shown. */
  readonly shown: FollowedFunction
  readonly log: DeliveryLog
  readonly turns: Turn[]
}

export interface Member {
  readonly process: DataPlaneMember
  readonly trap: DeliveryTrap
}

const shownFunction = 'onStudentCreate'

export function openPlay(stage: Stage, narrator: Narrator): Play {
  const { functions } = followedFunctions(stage.plan)
  const shown = functions.find(({ name }) => name === shownFunction)
  if (!shown) throw new Error(`No KafkaSource names the function ${shownFunction}.`)
  return { stage, narrator, functions, shown, log: openDeliveryLog(), turns: [] }
}

export function groupTable({ stage, shown }: Play): Promise<Row[]> {
  return describeGroup(stage.admin, shown.group, shown.topics)
}
