// The trace of a letter's event, for whoever opens it.
import { useState } from 'preact/hooks'
import { useRead } from '../use-read.ts'
import { Id } from './id.tsx'
import { Await } from './page.tsx'
import { Waterfall } from './waterfall.tsx'

export function LetterTrace({ traceId }: { readonly traceId: string | null }) {
  const [isOpen, setIsOpen] = useState(false)
  if (traceId === null) return null
  return (
    <>
      <h2>Trace</h2>
      <Id value={traceId} href={`/traces/${traceId}`} />
      <details onToggle={event => setIsOpen(event.currentTarget.open)}>
        <summary>Show it here</summary>
        {isOpen && <OpenTrace id={traceId} />}
      </details>
    </>
  )
}

function OpenTrace({ id }: { readonly id: string }) {
  return (
    <Await shown={useRead('trace', { id }, 0)} what="Reading the trace">
      {({ rows }) => <Waterfall rows={rows} />}
    </Await>
  )
}
