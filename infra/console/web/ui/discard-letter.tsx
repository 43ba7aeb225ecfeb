// Gives a letter's event up, with a reason.
import { useState } from 'preact/hooks'
import { act, type ReadOutput } from '../api.ts'
import { useAction } from '../use-action.ts'
import { discardWords } from '../words/letters.ts'
import { Field, Submit, submits } from './form.tsx'

type Letter = ReadOutput<'letter'>

export function DiscardLetter({ letter, onClose }: { readonly letter: Letter; readonly onClose: () => void }) {
  const [reason, setReason] = useState('')
  const doing = useAction()
  const discard = () =>
    doing.run(async () => {
      await act('discardLetter', { id: letter.id, reason })
      onClose()
    })
  return (
    <form class="form panel" onSubmit={submits(discard)}>
      <h2>Discard</h2>
      <ul>
        {discardWords(letter.function, letter.held).map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Field label="Reason" hint="Kept with the letter, for whoever asks later.">
        {attributes => <input {...attributes} value={reason} onInput={event => setReason(event.currentTarget.value)} />}
      </Field>
      <span class="actions">
        <Submit
          doing={doing}
          label="Discard the event permanently"
          busy="Discarding"
          isDangerous
          isOff={reason.trim() === ''}
        />
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
      </span>
    </form>
  )
}
