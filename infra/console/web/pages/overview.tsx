// The system as a picture, and what is not ready in words.
import { Await, Command, Empty, Page } from '../ui/page.tsx'
import { State } from '../ui/state.tsx'
import { SystemGraph } from '../ui/system-graph.tsx'
import { useRead } from '../use-read.ts'

export function Overview() {
  const shown = useRead('overview', {}, 1_000)
  return (
    <Page title="Overview">
      <Await shown={shown} what="Reading the system from the Kubernetes API">
        {system => {
          if (system.nodes.length === 0) {
            return (
              <Empty title="Nothing is declared.">
                <p>The YAML in knative/ declares functions, and what they follow. The first one:</p>
                <Command line="npm run new -- function onStudentEnroll" />
              </Empty>
            )
          }
          const notReady = system.nodes.filter(({ ready }) => ready === 'False')
          return (
            <>
              {system.figuresMissing !== '' && <p class="notice bad">{system.figuresMissing}</p>}
              {system.problems.map(problem => (
                <p class="notice bad" key={problem}>
                  {problem}
                </p>
              ))}
              {notReady.map(({ id, kind, name, reason }) => (
                <p class="notice bad" key={id}>
                  <State tone="bad">not ready</State> {kind} <strong>{name}</strong>: {reason}
                </p>
              ))}
              <SystemGraph system={system} />
            </>
          )
        }}
      </Await>
    </Page>
  )
}
