// The audit: run it, see how far it is, and what it found.
import { act, type ReadOutput } from '../api.ts'
import { AuditReport } from '../ui/audit-report.tsx'
import { Field, Submit, submits } from '../ui/form.tsx'
import { Await, Empty, Page } from '../ui/page.tsx'
import { State } from '../ui/state.tsx'
import { Time } from '../ui/time.tsx'
import { useAction } from '../use-action.ts'
import { useQuery } from '../use-query.ts'
import { useRead } from '../use-read.ts'

type Run = NonNullable<ReadOutput<'audit'>['run']>

const lookMs = 500

export function Audit() {
  const [{ grace = '30' }, change] = useQuery()
  const shown = useRead('audit', {}, lookMs)
  const starting = useAction()
  const start = () =>
    starting.run(async () => {
      await act('startAudit', { graceSeconds: grace })
      shown.refresh()
    })
  const isRunning = shown.data?.run?.state === 'running'
  return (
    <Page title="Audit">
      <p>
        Compares Kafka’s log with the database: what became of every event in every function, and whether every change
        reached Kafka as it was written. It changes nothing, and names what is lost, done twice or out of order.
      </p>
      <form class="form" onSubmit={submits(start)}>
        <div class="fields">
          <Field label="Grace" hint="seconds in which an outbox row may still be on its way to Kafka">
            {attributes => (
              <input
                {...attributes}
                type="number"
                min={0}
                max={86_400}
                value={grace}
                onInput={event => change({ grace: event.currentTarget.value })}
              />
            )}
          </Field>
        </div>
        <Submit doing={starting} label="Run the audit" busy="Starting" isOff={isRunning} />
      </form>
      <Await shown={shown} what="Looking for the newest run">
        {({ run }) =>
          run === null ? (
            <Empty title="It has not been run from this console yet.">
              Run it: on a small stack it takes a second; a million records take about a minute.
            </Empty>
          ) : (
            <RunOf run={run} />
          )
        }
      </Await>
    </Page>
  )
}

function RunOf({ run: { state, startedAt, doing, done, total, report, error } }: { readonly run: Run }) {
  if (state === 'running') {
    const words = total === 0 ? doing : `${doing}, ${done} of ${total} records`
    return (
      <p class="progress" role="status">
        <progress {...(total > 0 && { max: total, value: done })} aria-label={words} /> {words}
      </p>
    )
  }
  if (state === 'failed' || report === null) {
    return (
      <p class="notice bad" role="alert">
        The audit that began at <Time at={startedAt} /> failed: {error}
      </p>
    )
  }
  return (
    <>
      <h2>
        <State tone={report.clean ? 'good' : 'bad'}>
          {report.clean
            ? 'Nothing is lost, done twice or out of order.'
            : `${totalOf(report.counts)} ${totalOf(report.counts) === 1 ? 'finding' : 'findings'}`}
        </State>
      </h2>
      <p class="hint">
        Began at <Time at={startedAt} />, took {report.seconds} s
      </p>
      <AuditReport report={report} />
    </>
  )
}

const totalOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)
