// What a function made of an event, as a word, and in a sentence where the pointer rests.
import type { ReadOutput } from '../api.ts'
import { State, type Tone } from './state.tsx'

type FunctionOutcome = ReadOutput<'outcomes'>[string][number]

const tones: Readonly<Record<FunctionOutcome['outcome'], Tone>> = {
  applied: 'good',
  answered: 'good',
  resolved: 'good',
  taken: 'good',
  waiting: 'quiet',
  discarded: 'quiet',
  held: 'warn',
  failing: 'warn',
  letter: 'bad'
}

const sentences: Readonly<Record<FunctionOutcome['outcome'], string>> = {
  applied: 'Its effect is in the database, exactly once.',
  answered: 'The command was done, and its answer is kept.',
  resolved: 'It was a letter, and has been replayed or replaced.',
  taken: 'The function has answered; it keeps no record of what it did.',
  waiting: 'Its group has not read it yet.',
  discarded: 'It was a letter, and has been given up.',
  held: 'It waits for an earlier event of the same student.',
  failing: 'It fails and is tried again.',
  letter: 'It failed permanently and is kept as a dead letter.'
}

export function OutcomeState({ outcome, reason }: Pick<FunctionOutcome, 'outcome' | 'reason'>) {
  const more = reason === '' ? '' : ` ${reason}`
  return (
    <State tone={tones[outcome]} title={`${sentences[outcome]}${more}`}>
      {outcome}
    </State>
  )
}

export function inWords(outcome: FunctionOutcome['outcome']): string {
  return sentences[outcome]
}
