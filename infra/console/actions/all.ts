// Every action by the name under which it is asked for.
import { part } from './part.ts'
import { sendAgain } from './send-again.ts'

export const actions = { part, sendAgain }
export type Actions = typeof actions
