// All scenarios, in the order in which they are told.
import { ordering } from './ordering/ordering.ts'
import type { Scenario } from './scenario.ts'

export const scenarios: readonly Scenario[] = [ordering]
