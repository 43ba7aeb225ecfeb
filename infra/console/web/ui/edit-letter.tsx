// Edits a letter's data: a second version, shown against what was published, and sent.
import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { act, type ReadOutput } from '../api.ts'
import { useAction } from '../use-action.ts'
import { editWords } from '../words/letters.ts'
import { Field, Submit, submits } from './form.tsx'
import { asJson, Diff } from './json.tsx'

type Letter = ReadOutput<'letter'>

export function EditLetter({ letter, onClose }: { readonly letter: Letter; readonly onClose: () => void }) {
  const { route } = useLocation()
  const [text, setText] = useState(() => asJson(letter.edit?.data ?? letter.data))
  const [reason, setReason] = useState('')
  const [isSure, setIsSure] = useState(letter.origin !== 'unverified')
  const doing = useAction()
  const edited = readObject(text)
  const isChanged = edited.data !== undefined && asJson(edited.data) !== asJson(letter.data)
  const send = () =>
    doing.run(async () => {
      const { data } = edited
      if (data === undefined) return
      const unverified = letter.origin === 'unverified' ? { unverified: true } : {}
      const { job } = await act('editLetter', { id: letter.id, reason, data: data as never, ...unverified })
      route(`/letters/jobs/${job.id}`)
    })
  return (
    <form class="form panel" onSubmit={submits(send)}>
      <h2>Edit</h2>
      <ul>
        {editWords(letter.function).map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Field label="Data" error={edited.problem}>
        {attributes => (
          <textarea
            {...attributes}
            class="code"
            rows={Math.min(24, text.split('\n').length + 1)}
            spellcheck={false}
            value={text}
            onInput={event => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      {edited.data !== undefined && (
        <>
          <h3>What changes</h3>
          {isChanged ? <Diff before={letter.data} after={edited.data} /> : <p class="hint">Nothing yet.</p>}
        </>
      )}
      <Field label="Reason" hint="Kept with the edit, for whoever asks later.">
        {attributes => <input {...attributes} value={reason} onInput={event => setReason(event.currentTarget.value)} />}
      </Field>
      {letter.origin === 'unverified' && (
        <label class="toggle">
          <input type="checkbox" checked={isSure} onChange={event => setIsSure(event.currentTarget.checked)} /> Send it,
          though nothing here is known to have published it
        </label>
      )}
      <span class="actions">
        <Submit
          doing={doing}
          label="Keep the edit and send it"
          busy="Sending"
          isOff={!isChanged || reason.trim() === '' || !isSure}
        />
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
      </span>
    </form>
  )
}

/** The data of an event is a message: an object. */
function readObject(text: string): { readonly data?: object; readonly problem?: string } {
  try {
    const data: unknown = JSON.parse(text)
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return { data }
    return { problem: 'The data is a JSON object: { … }.' }
  } catch (error) {
    return { problem: `No JSON yet: ${(error as Error).message}` }
  }
}
