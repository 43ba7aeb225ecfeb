// Students, found by id, user, name or e-mail address.
import { useState } from 'preact/hooks'
import type { ReadOutput } from '../api.ts'
import { Field, submits } from '../ui/form.tsx'
import { Id } from '../ui/id.tsx'
import { Await, Empty, Page } from '../ui/page.tsx'
import { State } from '../ui/state.tsx'
import { Table } from '../ui/table.tsx'
import { useQuery } from '../use-query.ts'
import { useRead } from '../use-read.ts'

type Found = ReadOutput<'students'>['students'][number]

export function Students() {
  const [{ text = '' }, change] = useQuery()
  const [given, setGiven] = useState(text)
  const shown = useRead('students', { text })
  return (
    <Page title="Students" actions={<a href="/send?command=createStudent">Create one</a>}>
      <form class="search" role="search" onSubmit={submits(() => change({ text: given.trim() }))}>
        <Field label="Id, user, name or e-mail address">
          {attributes => (
            <input
              {...attributes}
              type="search"
              value={given}
              onInput={event => setGiven(event.currentTarget.value)}
              onChange={() => change({ text: given.trim() })}
            />
          )}
        </Field>
      </form>
      <Await shown={shown} what="Looking for students">
        {({ students, isMore }) =>
          students.length === 0 ? (
            <Nobody text={text} />
          ) : (
            <>
              <Table
                caption="Students"
                rows={students}
                keyOf={({ id }) => id}
                columns={[
                  {
                    name: 'Student',
                    cell: ({ id }) => <Id value={id} href={`/students/${encodeURIComponent(id)}`} short />
                  },
                  { name: 'Name', cell: ({ name }) => name ?? '–' },
                  { name: 'E-mail', cell: ({ email }) => email ?? '–' },
                  { name: 'User', cell: ({ userId }) => userId ?? '–' },
                  { name: 'Directory', cell: found => <DirectoryState found={found} /> },
                  { name: 'Version', isNumber: true, cell: ({ version }) => version },
                  {
                    name: 'Letters',
                    isNumber: true,
                    cell: ({ id, letters }) =>
                      letters === 0 ? 0 : <a href={`/letters?student=${encodeURIComponent(id)}`}>{letters} open</a>
                  }
                ]}
              />
              {isMore && <p class="hint">The newest {students.length} are shown. Search for one of the others.</p>}
            </>
          )
        }
      </Await>
    </Page>
  )
}

function DirectoryState({ found: { status, version, directoryVersion, letters } }: { readonly found: Found }) {
  if (status === null) return <State tone={letters > 0 ? 'bad' : 'warn'}>not active</State>
  if (status === 'pending') return <State tone="bad">pending</State>
  if (status === 'deleted') return <State tone="quiet">deleted</State>
  const isBehind = (directoryVersion ?? 0) < version
  return <State tone={isBehind ? 'warn' : 'good'}>{isBehind ? `active, version ${directoryVersion}` : status}</State>
}

function Nobody({ text }: { readonly text: string }) {
  return text === '' ? (
    <Empty title="There is no student yet.">
      <a href="/send?command=createStudent&userId=user-1">Create one</a>; it is here a moment later.
    </Empty>
  ) : (
    <Empty title={`No student has ${text} in its id, user, name or address.`}>
      <a href="/students">Show all</a>
    </Empty>
  )
}
