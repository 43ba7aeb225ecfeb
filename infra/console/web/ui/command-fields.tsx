// The fields of a command, each with what its function says of it.
import type { ReadOutput } from '../api.ts'
import type { Query } from '../use-query.ts'
import { Field } from './form.tsx'

type CommandField = ReadOutput<'commands'>['commands'][number]['fields'][number]

export function CommandFields({
  fields,
  texts,
  errors,
  onEdit
}: {
  readonly fields: readonly CommandField[]
  readonly texts: Query
  /** By field; those of no field are shown above. */
  readonly errors: Readonly<Record<string, string>>
  readonly onEdit: (name: string, text: string) => void
}) {
  const names = new Set(fields.map(({ name }) => name))
  const others = Object.entries(errors).filter(([name]) => !names.has(name))
  return (
    <>
      {others.map(([name, message]) => (
        <p class="notice bad" role="alert" key={name}>
          {name === '' ? message : `${name}: ${message}`}
        </p>
      ))}
      {fields.map(({ name, type, hint }) => (
        <Field key={name} label={name} hint={hint} error={errors[name]}>
          {attributes =>
            type === 'json' ? (
              <textarea
                {...attributes}
                class="code"
                rows={4}
                value={texts[name] ?? ''}
                onInput={event => onEdit(name, event.currentTarget.value)}
              />
            ) : (
              <input
                {...attributes}
                inputMode={type === 'integer' ? 'numeric' : undefined}
                value={texts[name] ?? ''}
                onInput={event => onEdit(name, event.currentTarget.value)}
              />
            )
          }
        </Field>
      ))}
    </>
  )
}

/** What is empty is left out where it may be. What is no number, or no JSON, is sent as it is: the function says what is wrong. */
export function fieldValues(fields: readonly CommandField[], texts: Query): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap(({ name, type, isRequired }) => {
      const text = texts[name] ?? ''
      if (text === '' && !isRequired) return []
      return [[name, type === 'text' ? text : readJson(text)]]
    })
  )
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
