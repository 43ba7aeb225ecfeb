// Dead letters: how many of each kind, what fails now and is none yet, and a list.
import { addressOf, useQuery } from '../use-query.ts'
import { type ReadInput } from '../api.ts'
import { FailingNow } from '../ui/failing-now.tsx'
import { LetterFilters } from '../ui/letter-filters.tsx'
import { LetterGroups } from '../ui/letter-groups.tsx'
import { LetterTable } from '../ui/letter-table.tsx'
import { Await, Empty, Page } from '../ui/page.tsx'
import { useRead } from '../use-read.ts'

export function Letters() {
  const [query, change] = useQuery()
  const { state = 'open', after, ...filters } = query
  const wanted = { ...filters, ...(state === 'any' ? {} : { state: state as 'open' }) }
  const groups = useRead('letterGroups', wanted)
  const shown = useRead('letters', { ...wanted, ...(after && { after }) } as ReadInput<'letters'>)
  const isFiltered = Object.values(filters).some(Boolean)
  const replay = addressOf('/letters/replay', filters)
  const isSomeOpen = groups.data?.groups.some(group => group.state === 'open')
  return (
    <Page
      title="Dead letters"
      actions={
        <>
          <a href="/letters/jobs">Replays</a>
          {isSomeOpen && (
            <a class="button primary" href={replay}>
              Replay {isFiltered ? 'these' : 'all'} …
            </a>
          )}
        </>
      }
    >
      <LetterFilters query={query} change={change} />
      <Await shown={groups} what="Asking deadLetterReplay">
        {({ groups: found }) =>
          found.length === 0 ? <NoLetters state={state} isFiltered={isFiltered} /> : <LetterGroups groups={found} />
        }
      </Await>
      <FailingNow />
      {groups.data !== undefined && groups.data.groups.length > 0 && (
        <>
          <h2>Letters</h2>
          <Await shown={shown} what="Reading the letters">
            {({ deadLetters, next }) => (
              <>
                <LetterTable letters={deadLetters} />
                <p class="pages">
                  {after && (
                    <button type="button" class="button" onClick={() => change({ after: undefined })}>
                      Newest
                    </button>
                  )}
                  {next && (
                    <button type="button" class="button" onClick={() => change({ after: next })}>
                      Older
                    </button>
                  )}
                </p>
              </>
            )}
          </Await>
        </>
      )}
    </Page>
  )
}

function NoLetters({ state, isFiltered }: { readonly state: string; readonly isFiltered: boolean }) {
  if (isFiltered || state !== 'open') {
    return (
      <Empty title={state === 'any' ? 'No letter matches.' : `No ${state} letter matches.`}>
        <a href="/letters">Show every open letter</a> or <a href="/letters?state=any">those of any state</a>.
      </Empty>
    )
  }
  return (
    <Empty title="No open letters: nothing has failed permanently.">
      <a href="/send?command=createStudent&userId=user-nobody">Send a student whose user does not exist</a> to see one,
      or look at <a href="/letters?state=any">letters that are closed</a>.
    </Empty>
  )
}
