// A dry run of a replay, always current, and the button that starts it as a job.
import { useLocation } from 'preact-iso'
import { act, type ReadInput } from '../api.ts'
import { Submit, submits } from '../ui/form.tsx'
import { Await, Page } from '../ui/page.tsx'
import { OptionFields, readOptions } from '../ui/replay-options.tsx'
import { ReplayOrder, ReplayWords } from '../ui/replay-preview.tsx'
import { useAction } from '../use-action.ts'
import { addressOf, useQuery } from '../use-query.ts'
import { useRead } from '../use-read.ts'

const filterNames = ['function', 'reason', 'type', 'student', 'since', 'until', 'text', 'ids'] as const

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
        <OptionFields chosen={chosen} change={change} />
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
          {preview => (
            <>
              <ReplayWords preview={preview} chosen={chosen} />
              <Submit
                doing={doing}
                label={`Replay ${preview.count} ${preview.count === 1 ? 'letter' : 'letters'}`}
                busy="Starting the replay"
                isOff={preview.count === 0}
              />
              <ReplayOrder preview={preview} />
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

const saidAs = (said: Readonly<Record<string, boolean>>) =>
  Object.fromEntries(Object.entries(said).flatMap(([name, isOn]) => (isOn ? [[name, 'true']] : [])))
