// All scenarios, in the order in which they are told.
import { addPartitions } from './add-partitions/add-partitions.ts'
import { cdc } from './cdc/cdc.ts'
import { ordering } from './ordering/ordering.ts'
import { outbox } from './outbox/outbox.ts'
import { rebalance } from './rebalance/rebalance.ts'
import { replay } from './replay/replay.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [rebalance, addPartitions, replay, ordering, cdc, outbox]
