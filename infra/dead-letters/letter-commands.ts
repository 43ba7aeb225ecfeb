// What is asked of dead letters, and of the events that may become some.
import { print, UsageError } from '../knative-local/command-line.ts'
import { oneId, reasonOf } from './arguments.ts'
import { pageOf, query, stateOf } from './query.ts'
import { type Ask, Discarded, FailingEvents, Groups, LetterPage, Retried, WholeLetter } from './replay-api.ts'
import { showFailing, showGroups, showLetter, showLetters, showRetried } from './show.ts'
import type { Subcommands } from './subcommand.ts'

export const letterCommands: Subcommands = {
  async list({ filters, flags }, { ask, say }) {
    const page = await ask(LetterPage, 'GET', `/?${query({ ...filters, ...pageOf(flags) })}`)
    say(page, () => showLetters(page.deadLetters, page.next))
    const isFirst = flags.after === undefined && Object.keys(filters).length === 0
    if (isFirst && !flags.json) await printFailing(ask)
    return 0
  },

  async failing({ filters }, { ask, say }) {
    const { function: functionName, student } = filters
    const failing = await ask(FailingEvents, 'GET', `/failing?${query({ function: functionName, student })}`)
    say(failing, () => showFailing(failing))
    return 0
  },

  async retry({ filters, flags }, { ask, say }) {
    const { function: functionName, student } = filters
    if (functionName === undefined && student === undefined && !flags.all) {
      throw new UsageError('Say which events: --function, --student, or --all.')
    }
    const retried = await ask(Retried, 'POST', '/failing/retry', { function: functionName, student })
    say(retried, () => showRetried(retried))
    return retried.retried.every(({ outcome }) => outcome === 'done') ? 0 : 1
  },

  async groups({ filters, flags }, { ask, say }) {
    const groups = await ask(Groups, 'GET', `/groups?${query({ ...filters, ...stateOf(flags) })}`)
    say(groups, () => showGroups(groups))
    return 0
  },

  async show(given, { ask, say }) {
    const letter = await ask(WholeLetter, 'GET', `/${oneId(given)}`)
    say(letter, () => showLetter(letter))
    return 0
  },

  async discard(given, { ask, say }) {
    const { flags } = given
    const discarded = await ask(Discarded, 'POST', `/${oneId(given)}/discard`, { reason: reasonOf(flags) })
    say(
      discarded,
      () =>
        `${discarded.id} is discarded. ${discarded.fenceMoved ? 'What it held back continues.' : 'It held nothing back: its place is taken, or an earlier event is missing.'}`
    )
    return 0
  }
}

/** Not letters yet, and still worth a look. */
async function printFailing(ask: Ask): Promise<void> {
  const failing = await ask(FailingEvents, 'GET', '/failing')
  if (failing.failing.length > 0) print(`\nFailing now, and tried again:\n${showFailing(failing)}`)
}
