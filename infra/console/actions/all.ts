// Every action by the name under which it is asked for.
import { abortReplay, discardLetter, editLetter, startReplay } from './letters.ts'
import { part } from './part.ts'
import { sendAgain } from './send-again.ts'
import { sendCommand } from './send-command.ts'
import { startAudit } from './start-audit.ts'

export const actions = { part, sendAgain, startReplay, abortReplay, discardLetter, editLetter, sendCommand, startAudit }
export type Actions = typeof actions
