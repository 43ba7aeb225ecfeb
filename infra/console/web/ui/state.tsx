// A state as a word with a colour; the word alone says it all.
export type Tone = 'good' | 'bad' | 'warn' | 'quiet'

export function State({
  tone,
  children,
  title
}: {
  readonly tone: Tone
  readonly children: string
  readonly title?: string
}) {
  return (
    <span class={`state ${tone}`} title={title}>
      {children}
    </span>
  )
}

export function readyTone(ready: 'True' | 'False' | 'Unknown'): Tone {
  return ready === 'True' ? 'good' : ready === 'False' ? 'bad' : 'quiet'
}
