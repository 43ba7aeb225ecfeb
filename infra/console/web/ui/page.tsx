// What every page has: a title, something to show while it waits or fails, and words where there is nothing yet.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Shown } from '../use-read.ts'

export function Page({
  title,
  actions,
  children
}: {
  readonly title: string
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}) {
  useEffect(() => {
    document.title = `${title} · Console`
  }, [title])
  return (
    <>
      <header class="page-header">
        <h1 tabIndex={-1}>{title}</h1>
        <div class="page-actions">{actions}</div>
      </header>
      {children}
    </>
  )
}

/** Shorter waits need no word. */
const silentMs = 300

/** The data, or why there is none; an error beside older data leaves that where it is. */
export function Await<Data>({
  shown,
  what,
  children
}: {
  readonly shown: Shown<Data>
  readonly what: string
  readonly children: (data: Data) => ComponentChildren
}) {
  const { data, error, refresh } = shown
  return (
    <>
      {error && (
        <p class="notice bad" role="alert">
          {error.message}{' '}
          <button type="button" class="button" onClick={refresh}>
            Try again
          </button>
        </p>
      )}
      {data === undefined ? !error && <Waiting what={what} /> : children(data)}
    </>
  )
}

export function Waiting({ what }: { readonly what: string }) {
  const [isLong, setIsLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setIsLong(true), silentMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <p class="waiting" role="status">
      {isLong ? `${what} …` : ''}
    </p>
  )
}

/** Says what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  )
}

/** A command line to copy. */
export function Command({ line }: { readonly line: string }) {
  return (
    <pre class="command" tabIndex={0}>
      {line}
    </pre>
  )
}
