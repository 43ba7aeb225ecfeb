// States of letters and of what a replay did with one.
import { State, type Tone } from './state.tsx'

const tones: Readonly<Record<string, Tone>> = {
  open: 'bad',
  replaying: 'warn',
  resolved: 'good',
  discarded: 'quiet',
  running: 'warn',
  done: 'good',
  stopped: 'bad',
  aborted: 'quiet',
  waiting: 'quiet',
  sending: 'warn',
  failed: 'bad',
  skipped: 'quiet'
}

export function LetterState({ state }: { readonly state: string }) {
  return <State tone={tones[state] ?? 'quiet'}>{state}</State>
}
