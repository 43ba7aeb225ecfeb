// Every action by the name under which it is asked for.
import { part } from './part.ts'

export const actions = { part }
export type Actions = typeof actions
