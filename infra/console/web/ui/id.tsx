// An id, or anything else that is worth copying: a click does it.
import { useState } from 'preact/hooks'

const shownMs = 1_200

export function Id({
  value,
  href,
  short = false
}: {
  readonly value: string
  readonly href?: string | undefined
  readonly short?: boolean
}) {
  const shown = short && value.length > 13 ? `${value.slice(0, 4)}…${value.slice(-8)}` : value
  return (
    <span class="id">
      {href === undefined ? (
        <code title={value}>{shown}</code>
      ) : (
        <a href={href} title={value}>
          <code>{shown}</code>
        </a>
      )}
      <Copy text={value} what="the id" />
    </span>
  )
}

export function Copy({ text, what, label }: { readonly text: string; readonly what: string; readonly label?: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  const copy = async () => {
    const done = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false
    )
    setState(done ? 'copied' : 'failed')
    setTimeout(() => setState('idle'), shownMs)
  }
  const said = { idle: label ?? <CopyIcon />, copied: 'copied', failed: 'not copied' }[state]
  return (
    <button
      type="button"
      class={label === undefined ? 'copy' : 'button'}
      aria-label={label === undefined && state === 'idle' ? `Copy ${what} ${text.slice(0, 40)}` : undefined}
      title={`Copy ${what}`}
      onClick={copy}
    >
      {said}
    </button>
  )
}

function CopyIcon() {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 5.5v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
    </svg>
  )
}
