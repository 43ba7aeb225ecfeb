// One part of this machine: what it uses over time, and what it says.
import { useRoute } from 'preact-iso'
import { LogView } from '../ui/log-view.tsx'
import { Await, Empty, Page } from '../ui/page.tsx'
import { PartActions } from '../ui/part-actions.tsx'
import { State } from '../ui/state.tsx'
import { zone } from '../ui/time.tsx'
import { TimePlot } from '../ui/time-plot.tsx'
import { useRead } from '../use-read.ts'

export function PartPage() {
  const name = useRoute().params.name ?? ''
  const shown = useRead('parts', {}, 1_000)
  const { data: used } = useRead('usage', { part: name })
  const [usage] = used?.parts ?? []
  return (
    <Page title={name} actions={<a href="/parts">All parts</a>}>
      <Await shown={shown} what="Asking the part how it is">
        {({ parts, actions }) => {
          const part = parts.find(one => one.name === name)
          if (part === undefined)
            return (
              <Empty title="There is no such part.">
                <a href="/parts">All parts</a>
              </Empty>
            )
          return (
            <>
              <p>
                <State tone={part.healthy ? 'good' : 'bad'}>{part.healthy ? 'healthy' : 'unhealthy'}</State>{' '}
                {part.detail}
                {part.pid !== null && part.pid !== undefined && ` pid ${part.pid}`}
              </p>
              <PartActions part={name} actions={actions} done={shown.refresh} />
              {used && usage && (
                <div class="plots">
                  <TimePlot label={`Processor time of ${name}`} at={used.at} values={usage.cpu}>
                    Processor time in percent of one core. Times of {zone}.
                  </TimePlot>
                  <TimePlot label={`Memory of ${name}`} at={used.at} values={usage.memoryMb}>
                    Memory in MB. Times of {zone}.
                  </TimePlot>
                </div>
              )}
              <h2>Logs</h2>
              <LogView part={name} />
            </>
          )
        }}
      </Await>
    </Page>
  )
}
