// The system as a picture: from where events come in, at the top, to where they end.
import { useEffect, useState } from 'preact/hooks'
import type { ReadOutput } from '../api.ts'
import type { GraphLayout } from './lay-out.ts'
import { Waiting } from './page.tsx'

type System = ReadOutput<'overview'>
type Node = System['nodes'][number]
type Edge = System['edges'][number]

/** Of the size that fits, so that its words stay readable in a narrow window; there it is scrolled. */
const smallestScale = 0.72
const nodeHeight = 40

export function SystemGraph({ system: { nodes, edges } }: { readonly system: System }) {
  const layout = useLayout(nodes, edges)
  if (layout === undefined) return <Waiting what="Laying out the system" />
  const { width, height } = layout
  return (
    <div class="graph" tabIndex={0} role="region" aria-label="The system">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        style={{ width: '100%', maxWidth: `${width}px`, minWidth: `${width * smallestScale}px` }}
      >
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {edges.map(edge => (
          <EdgeShape key={keyOf(edge)} edge={edge} path={layout.paths.get(keyOf(edge))} />
        ))}
        {nodes.map(node => (
          <NodeShape key={node.id} node={node} at={layout.at.get(node.id)} />
        ))}
      </svg>
    </div>
  )
}

/** Again only when there are other nodes or edges; the layout engine is loaded for the first. */
function useLayout(nodes: readonly Node[], edges: readonly Edge[]): GraphLayout | undefined {
  const [layout, setLayout] = useState<GraphLayout>()
  const shape = JSON.stringify([nodes.map(({ id, name }) => [id, name]), edges.map(keyOf)])
  useEffect(() => {
    let isCurrent = true
    const load = async () => {
      const { layOut } = await import('./lay-out.ts')
      if (isCurrent) setLayout(layOut(nodes, edges, nodeHeight))
    }
    void load()
    return () => void (isCurrent = false)
  }, [shape])
  return layout
}

function NodeShape({
  node: { kind, name, ready, reason, href },
  at
}: {
  readonly node: Node
  readonly at: { x: number; y: number; width: number } | undefined
}) {
  if (at === undefined) return null
  const shape = (
    <g class={`node ${kind} ${ready}`} transform={`translate(${at.x - at.width / 2} ${at.y - nodeHeight / 2})`}>
      <title>{`${kind} ${name}${reason === '' ? '' : `: ${reason}`}`}</title>
      <rect width={at.width} height={nodeHeight} rx={kind === 'function' ? 20 : kind === 'topic' ? 2 : 8} />
      <text class="kind" x={at.width / 2} y={14}>
        {ready === 'False' ? `${kind}, not ready` : kind}
      </text>
      <text class="name" x={at.width / 2} y={30}>
        {name}
      </text>
    </g>
  )
  return href === '' ? shape : <a href={href}>{shape}</a>
}

function EdgeShape({
  edge,
  path
}: {
  readonly edge: Edge
  readonly path: { d: string; x: number; y: number } | undefined
}) {
  if (path === undefined) return null
  const { rate, lag, isForFailures } = edge
  const figures = [rate !== null && rate > 0 && `${rate}/s`, lag !== null && lag > 0 && `lag ${lag}`]
    .filter(Boolean)
    .join(', ')
  return (
    <g
      class={`edge ${isForFailures ? 'failures' : ''} ${rate !== null && rate > 0 ? 'flows' : ''} ${lag !== null && lag > 0 ? 'lags' : ''}`}
    >
      <path d={path.d} marker-end="url(#arrow)" />
      {figures !== '' && (
        <text x={path.x} y={path.y - 4}>
          {figures}
        </text>
      )}
    </g>
  )
}

const keyOf = ({ from, to }: Edge) => `${from} ${to}`
