// What can be done with a part of this machine.
import { useState } from 'preact/hooks'
import { act, type ActionInput } from '../api.ts'

interface Props {
  readonly part: string
  readonly actions: readonly ActionInput<'part'>['action'][]
  readonly done: () => void
}

export function PartActions({ part, actions, done }: Props) {
  const [said, setSaid] = useState('')
  const run = async (action: ActionInput<'part'>['action']) => {
    setSaid(`${action} …`)
    try {
      await act('part', { name: part, action })
      setSaid('')
    } catch (error) {
      setSaid((error as Error).message)
    }
    done()
  }
  return (
    <span class="actions">
      {actions.map(action => (
        <button
          type="button"
          class="button"
          key={action}
          aria-label={`${action} ${part}`}
          onClick={() => void run(action)}
        >
          {action}
        </button>
      ))}
      <span role="status">{said}</span>
    </span>
  )
}
