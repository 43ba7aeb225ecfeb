// How a replay goes: its numbers in the address, and the fields that change them.
import type { Query } from '../use-query.ts'
import type { ReplayOptions } from '../words/letters.ts'
import { Field } from './form.tsx'

const options = {
  canary: ['Canary', 'letters to try alone first', 1, 1_000],
  rate: ['Rate', 'letters a second; 0 is no limit', 0, 10_000],
  concurrency: ['At once', 'letters under way', 8, 64],
  stopAfter: ['Stop after', 'failures; 0 is never', 0, 1_000_000]
} as const

/** Numbers of the address, within what the function takes. */
export function readOptions(query: Query): ReplayOptions {
  const read = (name: keyof typeof options) => {
    const [, , byDefault, max] = options[name]
    const given = Number.parseInt(query[name] ?? '', 10)
    return Number.isNaN(given) ? byDefault : Math.min(max, Math.max(name === 'concurrency' ? 1 : 0, given))
  }
  return {
    canary: read('canary'),
    rate: read('rate'),
    concurrency: read('concurrency'),
    stopAfter: read('stopAfter')
  }
}

export function OptionFields({
  chosen,
  change
}: {
  readonly chosen: ReplayOptions
  readonly change: (changes: Record<string, string>) => void
}) {
  return (
    <div class="fields">
      {(Object.keys(options) as (keyof typeof options)[]).map(name => {
        const [label, hint, , max] = options[name]
        return (
          <Field key={name} label={label} hint={hint}>
            {attributes => (
              <input
                {...attributes}
                type="number"
                min={name === 'concurrency' ? 1 : 0}
                max={max}
                value={chosen[name]}
                onInput={event => change({ [name]: event.currentTarget.value })}
              />
            )}
          </Field>
        )
      })}
    </div>
  )
}
