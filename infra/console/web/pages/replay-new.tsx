// A dry run of a replay, always current, and the button that starts it as a job.
import { useLocation } from 'preact-iso'
import { act, type ReadInput } from '../api.ts'
import { Field, Submit, submits } from '../ui/form.tsx'
import { Id } from '../ui/id.tsx'
import { Await, Page } from '../ui/page.tsx'
import { Table } from '../ui/table.tsx'
import { useAction } from '../use-action.ts'
import { addressOf, type Query, useQuery } from '../use-query.ts'
import { useRead } from '../use-read.ts'
import { replayWords } from '../words/letters.ts'

const filterNames = ['function', 'reason', 'type', 'student', 'since', 'until', 'text', 'ids'] as const
const options = {
  canary: ['Canary', 'letters to try alone first', 1, 1_000],
  rate: ['Rate', 'letters a second; 0 is no limit', 0, 10_000],
  concurrency: ['At once', 'letters under way', 8, 64],
  stopAfter: ['Stop after', 'failures; 0 is never', 0, 1_000_000]
} as const

export function ReplayNew() {
  const { route } = useLocation()
  const [query, change] = useQuery()
  const doing = useAction()
  const filter = Object.fromEntries(filterNames.flatMap(name => (query[name] ? [[name, query[name]]] : [])))
  const said = { force: query.force === 'true', unverified: query.unverified === 'true' }
  const shown = useRead('replayPreview', { ...filter, ...saidAs(said) } as ReadInput<'replayPreview'>)
  const chosen = readOptions(query)

  const start = () =>
    doing.run(async () => {
      const { ids, ...others } = filter
      const which = { ...others, ...(ids && { ids: ids.split(',') }) }
      const name = (Object.values(others).join(', ') || (ids ? 'letters by hand' : 'every open letter')).slice(0, 100)
      const { job } = await act('startReplay', { ...which, ...chosen, ...said, name })
      route(`/letters/jobs/${job.id}`)
    })

  return (
    <Page
      title="Replay letters"
      actions={<a href={addressOf('/letters', { ...filter, ids: undefined })}>Dead letters</a>}
    >
      <p>
        {Object.keys(filter).length === 0
          ? 'Every open letter.'
          : `Open letters with ${Object.entries(filter)
              .map(([name, value]) => `${name} ${value}`)
              .join(', ')}.`}
      </p>
      <form class="form" onSubmit={submits(start)}>
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
        <Toggle
          label="Also letters that have reached the limit of replays"
          isOn={said.force}
          onChange={force => change({ force: force ? 'true' : undefined })}
        />
        <Toggle
          label="Also letters of unknown origin: nothing here is known to have published them"
          isOn={said.unverified}
          onChange={unverified => change({ unverified: unverified ? 'true' : undefined })}
        />
        <Await shown={shown} what="Trying it dry">
          {({ count, wouldReplay, warnings }) => (
            <>
              <div class="words">
                <h2>What will happen</h2>
                <ul>
                  {replayWords(count, chosen).map(sentence => (
                    <li key={sentence}>{sentence}</li>
                  ))}
                </ul>
                {warnings.length > 0 && (
                  <ul class="warnings">
                    {warnings.map(warning => (
                      <li key={warning}>{warning}</li>
                    ))}
                  </ul>
                )}
              </div>
              <Submit
                doing={doing}
                label={`Replay ${count} ${count === 1 ? 'letter' : 'letters'}`}
                busy="Starting the replay"
                isOff={count === 0}
              />
              {wouldReplay.length > 0 && (
                <>
                  <h2>In this order</h2>
                  <Table
                    caption="Letters that would be sent"
                    rows={wouldReplay}
                    keyOf={({ id }) => id}
                    columns={[
                      { name: 'Letter', cell: ({ id }) => <Id value={id} href={`/letters/${id}`} short /> },
                      { name: 'Function', cell: letter => letter.function },
                      { name: 'Reason', cell: letter => letter.reason },
                      {
                        name: 'Student',
                        cell: ({ student }) =>
                          student && <Id value={student} href={`/students/${encodeURIComponent(student)}`} short />
                      },
                      { name: 'Sequence', isNumber: true, cell: ({ sequence }) => sequence ?? '–' },
                      { name: 'Replays', isNumber: true, cell: ({ replays }) => replays }
                    ]}
                  />
                  {count > wouldReplay.length && (
                    <p class="hint">The first {wouldReplay.length} are shown; all of them are sent.</p>
                  )}
                </>
              )}
            </>
          )}
        </Await>
      </form>
    </Page>
  )
}

function Toggle({
  label,
  isOn,
  onChange
}: {
  readonly label: string
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
}) {
  return (
    <label class="toggle">
      <input type="checkbox" checked={isOn} onChange={event => onChange(event.currentTarget.checked)} /> {label}
    </label>
  )
}

/** Numbers of the address, within what the function takes. */
function readOptions(query: Query) {
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

const saidAs = (said: Readonly<Record<string, boolean>>) =>
  Object.fromEntries(Object.entries(said).flatMap(([name, isOn]) => (isOn ? [[name, 'true']] : [])))
