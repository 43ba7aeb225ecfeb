// Where dagre puts the nodes and edges of a graph. A module of its own, so that the engine is loaded only where a graph is shown.
import dagre from '@dagrejs/dagre'

interface Point {
  readonly x: number
  readonly y: number
}

export interface GraphLayout {
  readonly width: number
  readonly height: number
  /** By id of the node; the middle of it. */
  readonly at: ReadonlyMap<string, Point & { readonly width: number }>
  /** By `FROM TO`; the point is where words may stand. */
  readonly paths: ReadonlyMap<string, Point & { readonly d: string }>
}

const [smallestWidth, padding, perCharacter] = [84, 26, 7.4]

export function layOut(
  nodes: readonly { readonly id: string; readonly name: string }[],
  edges: readonly { readonly from: string; readonly to: string }[],
  nodeHeight: number
): GraphLayout {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 30, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, name } of nodes) {
    graph.setNode(id, { width: Math.max(smallestWidth, name.length * perCharacter + padding), height: nodeHeight })
  }
  for (const { from, to } of edges) graph.setEdge(from, to)
  dagre.layout(graph)
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    at: new Map(nodes.map(({ id }) => [id, graph.node(id) as Point & { width: number }])),
    paths: new Map(
      edges.map(({ from, to }) => {
        const { points = [] } = graph.edge(from, to) as { points?: Point[] }
        const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 }
        return [`${from} ${to}`, { d: curve(points), ...middle }]
      })
    )
  }
}

/** Through the points that dagre found, without corners. */
function curve([first, ...rest]: readonly Point[]): string {
  if (first === undefined) return ''
  const parts = [`M${first.x} ${first.y}`]
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1]
    if (next === undefined) parts.push(`L${point.x} ${point.y}`)
    else parts.push(`Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`)
  }
  return parts.join('')
}
