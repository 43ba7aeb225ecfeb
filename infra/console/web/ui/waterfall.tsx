// A trace as a waterfall: who did what under whom, when, and how long it took. A row opens to what is known of its span.
import { useState } from 'preact/hooks'
import { Id } from './id.tsx'
import { longestOf, type Row } from './longest-spans.ts'
import { duration, Time } from './time.tsx'

export function Waterfall({ rows }: { readonly rows: readonly Row[] }) {
  const spans = rows.map(({ span }) => span)
  const startMs = Math.min(...spans.map(span => span.startMs))
  const endMs = Math.max(...spans.map(span => span.startMs + span.durationMs))
  const failed = spans.filter(span => span.failed).length
  return (
    <div class="waterfall">
      <p>
        {spans.length} spans in {duration(endMs - startMs)} from <Time at={startMs} isWhole />
        {failed > 0 && <strong class="bad"> {failed} failed</strong>}. The most time was spent in{' '}
        {longestOf(rows).map(({ name, ms }, index) => (
          <span key={name}>
            {index > 0 ? ', ' : ''}
            <strong>{name}</strong> {duration(ms)}
          </span>
        ))}
        .
      </p>
      <ol>
        {rows.map(row => (
          <SpanRow key={row.span.spanId} row={row} startMs={startMs} />
        ))}
      </ol>
    </div>
  )
}

interface SpanRowProps {
  readonly row: Row
  readonly startMs: number
}

function SpanRow({ row: { span, depth, from, to }, startMs }: SpanRowProps) {
  const [isOpen, setIsOpen] = useState(false)
  const { name, service, durationMs, failed, reason, links, traceId } = span
  const others = links.filter(link => link.traceId !== traceId)
  return (
    <li class={failed ? 'failed' : ''}>
      <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <span class="span-name" style={{ paddingLeft: `${Math.min(depth, 12) * 12}px` }} title={name}>
          {name}
          {factsOf(span)}
        </span>
        <span class="span-service">{service}</span>
        <span class="span-time">+{duration(span.startMs - startMs)}</span>
        <span class="span-bar">
          <span style={{ marginLeft: `${from * 100}%`, width: `max(2px, ${(to - from) * 100}%)` }} />
        </span>
        <span class="span-time">{duration(durationMs)}</span>
      </button>
      {isOpen && (
        <dl class="facts">
          {reason !== undefined && (
            <>
              <dt>failed</dt>
              <dd>{reason}</dd>
            </>
          )}
          {Object.entries(span.attributes).map(([key, value]) => (
            <>
              <dt key={key}>{key}</dt>
              <dd>
                <code>{Array.isArray(value) ? value.join(', ') : String(value)}</code>
              </dd>
            </>
          ))}
          {others.map(link => (
            <>
              <dt>has to do with trace</dt>
              <dd>
                <Id value={link.traceId} href={`/traces/${link.traceId}`} />
              </dd>
            </>
          ))}
        </dl>
      )}
    </li>
  )
}

function factsOf({ attributes, links, traceId }: Row['span']): string {
  const status = attributes['http.response.status_code']
  const outcome = Object.entries(attributes).find(([key]) => key.endsWith('.outcome') || key === 'outcome')?.[1]
  const resend = Number(attributes['http.request.resend_count'] ?? 0)
  const facts = [
    resend > 0 && `attempt ${resend + 1}`,
    outcome ?? status,
    links.some(link => link.traceId !== traceId) && 'linked'
  ].filter(Boolean)
  return facts.length === 0 ? '' : ` (${facts.join(', ')})`
}
