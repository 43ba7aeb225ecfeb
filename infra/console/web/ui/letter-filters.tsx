// Which letters are listed: their state, and what they are about. Another filter begins at the newest letter again.
import type { Query } from '../use-query.ts'
import { Field } from './form.tsx'

const states = ['open', 'replaying', 'resolved', 'discarded', 'any'] as const
const labels = { function: 'Function', reason: 'Reason', student: 'Student', text: 'Text in the data' } as const

export function LetterFilters({
  query,
  change
}: {
  readonly query: Query
  readonly change: (changes: Record<string, string | undefined>) => void
}) {
  const { state = 'open' } = query
  return (
    <div class="fields" role="search">
      <Field label="State">
        {attributes => (
          <select {...attributes} onChange={event => change({ state: event.currentTarget.value, after: undefined })}>
            {states.map(name => (
              <option key={name} selected={name === state}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {(['function', 'reason', 'student', 'text'] as const).map(name => (
        <Field key={name} label={labels[name]}>
          {attributes => (
            <input
              {...attributes}
              type="search"
              value={query[name] ?? ''}
              onChange={event => change({ [name]: event.currentTarget.value.trim(), after: undefined })}
            />
          )}
        </Field>
      ))}
    </div>
  )
}
