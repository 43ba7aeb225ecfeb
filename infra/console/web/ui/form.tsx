// Forms: a field with its label, its hint and what is wrong with it, and the button that sends it.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { Doing } from '../use-action.ts'

export interface FieldAttributes {
  readonly id: string
  readonly 'aria-describedby': string
  readonly 'aria-invalid': boolean
}

export function Field({
  label,
  hint,
  error,
  children
}: {
  readonly label: string
  readonly hint?: string | undefined
  readonly error?: string | undefined
  readonly children: (attributes: FieldAttributes) => ComponentChildren
}) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-about`, 'aria-invalid': error !== undefined })}
      <div id={`${id}-about`}>
        {error !== undefined && (
          <p class="field-error" role="alert">
            {error}
          </p>
        )}
        {hint !== undefined && <p class="hint">{hint}</p>}
      </div>
    </div>
  )
}

/** What it will do is said right above it. */
export function Submit({
  doing,
  label,
  busy,
  isDangerous = false,
  isOff = false
}: {
  readonly doing: Doing
  readonly label: string
  /** While it is under way. */
  readonly busy: string
  readonly isDangerous?: boolean
  readonly isOff?: boolean
}) {
  return (
    <>
      {doing.error && (
        <p class="notice bad" role="alert">
          {doing.error.message}
        </p>
      )}
      <button type="submit" class={`button ${isDangerous ? 'danger' : 'primary'}`} disabled={doing.isBusy || isOff}>
        {doing.isBusy ? `${busy} …` : label}
      </button>
    </>
  )
}

/** Runs what a form asks for; the page stays. */
export const submits = (work: () => void) => (event: Event) => {
  event.preventDefault()
  work()
}
