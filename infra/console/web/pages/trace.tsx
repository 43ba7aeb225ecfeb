// One trace, from the first request to the last effect.
import { useRoute } from 'preact-iso'
import { Id } from '../ui/id.tsx'
import { Await, Page } from '../ui/page.tsx'
import { Waterfall } from '../ui/waterfall.tsx'
import { useRead } from '../use-read.ts'

export function TracePage() {
  const id = useRoute().params.id ?? ''
  const shown = useRead('trace', { id }, 3_000)
  return (
    <Page title="Trace" actions={<a href="/traces">All traces</a>}>
      <p>
        <Id value={id} />
      </p>
      <Await shown={shown} what="Reading the trace">
        {({ rows }) => <Waterfall rows={rows} />}
      </Await>
    </Page>
  )
}
