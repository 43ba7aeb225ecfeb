// How far a replay is: a bar and its figures.
import type { ReadOutput } from '../api.ts'

type Progress = ReadOutput<'replayJob'>['progress']

export function ReplayProgress({ progress }: { readonly progress: Progress }) {
  const { waiting, sending, resolved, failed, skipped } = progress
  const total = waiting + sending + resolved + failed + skipped
  const done = total - waiting - sending
  const words = [`${done} of ${total}`, `${resolved} resolved`, failed > 0 && `${failed} failed`]
  const more = [skipped > 0 && `${skipped} skipped`, sending > 0 && `${sending} under way`]
  const text = [...words, ...more].filter(Boolean).join(', ')
  return (
    <span class="progress">
      <progress max={Math.max(1, total)} value={done} aria-label={text} /> <span>{text}</span>
    </span>
  )
}
