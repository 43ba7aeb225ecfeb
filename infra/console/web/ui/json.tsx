// Data as JSON, and what changed between two versions of it, line by line.
import { diffLines } from 'diff'
import { Copy } from './id.tsx'

export const asJson = (data: unknown) => JSON.stringify(data, null, 2)

export function Json({ data, what }: { readonly data: unknown; readonly what: string }) {
  const text = asJson(data)
  return (
    <div class="json">
      <pre class="command" tabIndex={0} aria-label={what}>
        {text}
      </pre>
      <Copy text={text} what={what} label="Copy" />
    </div>
  )
}

const signs = { added: '+', removed: '−', same: ' ' } as const

export function Diff({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  const lines = diffLines(`${asJson(before)}\n`, `${asJson(after)}\n`).flatMap(({ value, added, removed }) => {
    const change: keyof typeof signs = added ? 'added' : removed ? 'removed' : 'same'
    return value
      .split('\n')
      .slice(0, -1)
      .map(line => ({ change, line }))
  })
  return (
    <pre class="command diff" tabIndex={0} role="region" aria-label="What the edit changes">
      {lines.map(({ change, line }, index) => (
        <span class={change} key={index}>
          {`${signs[change]} ${line}\n`}
        </span>
      ))}
    </pre>
  )
}
