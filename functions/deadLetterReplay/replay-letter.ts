// One leased letter: sent to its function, and what the answer makes of it: done, failed, or back for another try.
import { findFailures } from '../runtime/delivery/failures.ts'
import type { Database } from '../runtime/host/database.ts'
import type { Log } from '../runtime/host/log.ts'
import { names, ownNames } from '../runtime/host/tracing/attribute-names.ts'
import { inTransaction } from '../runtime/host/transaction.ts'
import { finishLetter } from './finish-letter.ts'
import { giveBack, type LeasedLetter } from './lease-letters.ts'
import type { Send } from './send-event.ts'
import { inSendSpan, type Sending } from './send-span.ts'

/** Tries in a row of one letter before its replay has failed. */
const maxTries = 6
const firstBackoffMs = 500

/** `breakingOff` breaks deliveries off: such a letter is given back, whichever try it was. */
export function createLetterReplay(
  db: Database,
  log: Log,
  send: Send,
  breakingOff: AbortSignal
): (letter: LeasedLetter) => Promise<void> {
  return async letter => {
    const result = await inSendSpan(sendingOf(db, letter), () => send(letter))
    const facts = {
      replay: letter.jobId,
      letter: letter.letterId,
      function: letter.function,
      eventId: letter.eventId,
      student: letter.entity
    }
    if (breakingOff.aborted && result.outcome === 'try-again') {
      await giveBack(db, letter, { ...result, backoffMs: 0 })
      return
    }
    if (result.outcome === 'try-again' && letter.tries < maxTries) {
      const backoffMs = firstBackoffMs * 2 ** (letter.tries - 1)
      await giveBack(db, letter, { ...result, backoffMs })
      log.info({ ...facts, ...result, tries: letter.tries }, 'replay failed for now')
      return
    }
    await inTransaction(db, tx => finishLetter(tx, letter, result))
    if (result.outcome === 'done') log.info(facts, 'replayed')
    else log.warn({ ...facts, ...result }, 'replay failed')
  }
}

function sendingOf(db: Database, letter: LeasedLetter): Sending {
  const { function: functionName, attributes, letterId, jobId, tries, eventId } = letter
  return {
    what: 'replay',
    function: functionName,
    attributes,
    facts: {
      [ownNames.letter]: letterId,
      [ownNames.replayJob]: jobId,
      ...(tries > 1 && { [names.httpResend]: tries - 1 })
    },
    failed: async () => {
      const found = await findFailures(db, { functionName, source: attributes.source ?? '', eventId })
      return found?.errors[0]?.traceparent
    }
  }
}
