// All scenarios, in the order in which they are run.
import { addPartitions } from './add-partitions/add-partitions.ts'
import { brokerLoss } from './broker-loss/broker-loss.ts'
import { cdc } from './cdc/cdc.ts'
import { ordering } from './ordering/ordering.ts'
import { outbox } from './outbox/outbox.ts'
import { rebalance } from './rebalance/rebalance.ts'
import { replay } from './replay/replay.ts'
import type { Scenario } from './scenario.ts'
import { schema } from './schema/schema.ts'
import { stress } from './stress/stress.ts'
import { snappy } from './snappy/snappy.ts'
import { ttl } from './ttl/ttl.ts'

export const scenarios: readonly Scenario[] = [
  rebalance,
  addPartitions,
  ttl,
  replay,
  ordering,
  schema,
  cdc,
  outbox,
  snappy,
  brokerLoss,
  stress
]
