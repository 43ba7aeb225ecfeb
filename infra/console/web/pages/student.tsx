// One student: whether it is active and why not, what each function made of its events, and its whole history.
import { useRoute } from 'preact-iso'
import type { ReadOutput } from '../api.ts'
import { eventHref } from '../ui/event-link.tsx'
import { Facts } from '../ui/facts.tsx'
import { Id } from '../ui/id.tsx'
import { shortType } from '../ui/letter-table.tsx'
import { OutcomeState } from '../ui/outcome.tsx'
import { Await, Page } from '../ui/page.tsx'
import { State, type Tone } from '../ui/state.tsx'
import { StudentHistory } from '../ui/student-history.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useRead } from '../use-read.ts'

type Student = ReadOutput<'student'>

export function StudentPage() {
  const id = useRoute().params.id ?? ''
  const shown = useRead('student', { id }, 1_000)
  const { data } = shown
  const query = `id=${encodeURIComponent(id)}`
  return (
    <Page
      title={data?.student?.name ?? data?.directory?.name ?? 'A student'}
      actions={
        <>
          <a href={`/events?student=${encodeURIComponent(id)}`}>Events</a>
          {data?.student && (
            <>
              <a class="button" href={`/send?command=updateStudent&${query}`}>
                Change …
              </a>
              <a class="button" href={`/send?command=deleteStudent&${query}`}>
                Delete …
              </a>
            </>
          )}
        </>
      }
    >
      <p>
        <Id value={id} />
      </p>
      <Await shown={shown} what="Looking for the student">
        {found => (
          <>
            <Why student={found} />
            <StudentFacts student={found} />
            <Effects student={found} />
            <h2>In chronological order</h2>
            <StudentHistory history={found.history} />
          </>
        )}
      </Await>
    </Page>
  )
}

const tones: Readonly<Record<Student['status'], Tone>> = {
  active: 'good',
  behind: 'warn',
  'not active': 'bad',
  deleted: 'quiet'
}

function Why({ student: { status, title, reasons } }: { readonly student: Student }) {
  return (
    <section class="panel" aria-label="Why it is as it is">
      <p role="status">
        <State tone={tones[status]}>{status}</State> <strong>{title}</strong>
      </p>
      {reasons.length > 0 && (
        <ol>
          {reasons.map(({ sentence, href }) => (
            <li key={sentence}>
              {sentence} {href !== null && <a href={href}>Show it</a>}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function StudentFacts({ student: { student, directory, user } }: { readonly student: Student }) {
  return (
    <Facts
      facts={[
        [
          'Row',
          student === null ? 'none: it was deleted' : `version ${student.version}, ${student.name}, ${student.email}`
        ],
        [
          'Directory',
          directory === null
            ? 'no entry'
            : [`${directory.status}, version ${directory.version}`, directory.name, directory.email]
                .filter(Boolean)
                .join(', ')
        ],
        ['User', student === null ? undefined : `${student.userId}, ${user === null ? 'does not exist' : 'exists'}`],
        ['Accepted', student === null ? undefined : <Time at={student.createdAt} isWhole />],
        ['Changed', student === null ? undefined : <Time at={student.updatedAt} isWhole />],
        ['In directory', directory === null ? undefined : <Time at={directory.updatedAt} isWhole />]
      ]}
    />
  )
}

function Effects({ student: { events, effects } }: { readonly student: Student }) {
  if (events.length === 0) return null
  const functions = [...new Set(effects.map(effect => effect.function))].toSorted()
  return (
    <>
      <h2>What each function made of its events</h2>
      <Table
        caption="Events and functions"
        rows={events}
        keyOf={({ source, id }) => `${source} ${id}`}
        columns={[
          { name: 'Sequence', isNumber: true, cell: ({ sequence }) => sequence },
          { name: 'Event', cell: ({ id, source, type }) => <a href={eventHref({ id, source })}>{shortType(type)}</a> },
          ...functions.map(name => ({
            name,
            cell: (event: Student['events'][number]) => {
              const effect = effects.find(one => one.eventId === event.id && one.function === name)
              if (effect === undefined) return '–'
              const state = <OutcomeState outcome={effect.outcome} reason={effect.reason} />
              return effect.letterId === null ? state : <a href={`/letters/${effect.letterId}`}>{state}</a>
            }
          })),
          {
            name: 'Trace',
            cell: ({ traceId }) => traceId && <a href={`/traces/${traceId}`}>{traceId.slice(0, 8)}</a>
          },
          { name: 'Written', cell: ({ at }) => <Time at={at} /> }
        ]}
      />
    </>
  )
}
