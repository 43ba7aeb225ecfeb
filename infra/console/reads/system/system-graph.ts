// A graph that is drawn step by step: a node or an edge that is there already is not drawn again.
import type { Condition } from './cluster.ts'

export type NodeKind = 'http' | 'broker' | 'function' | 'topic' | 'connector' | 'sink' | 'table'

export interface SystemNode extends Condition {
  readonly id: string
  readonly kind: NodeKind
  readonly name: string
  /** Where more is said of it, in this console. */
  readonly href: string
}

export interface SystemEdge {
  readonly from: string
  readonly to: string
  /** Events a second; null where nobody counts them. */
  readonly rate: number | null
  /** Events written and not yet read; null where there is nothing to wait for. */
  readonly lag: number | null
  /** For failed events only. */
  readonly isForFailures: boolean
}

export interface SystemGraph {
  /** Answers its id. */
  node(kind: NodeKind, name: string, known: Condition, href: string): string
  edge(from: string, to: string, more?: Partial<SystemEdge>): void
  nodes(): SystemNode[]
  readonly edges: readonly SystemEdge[]
}

export function createGraph(): SystemGraph {
  const nodes = new Map<string, SystemNode>()
  const edges: SystemEdge[] = []
  return {
    node(kind, name, known, href) {
      const id = `${kind}:${name}`
      if (!nodes.has(id)) nodes.set(id, { id, kind, name, href, ...known })
      return id
    },
    edge(from, to, more = {}) {
      if (edges.some(other => other.from === from && other.to === to)) return
      edges.push({ from, to, rate: null, lag: null, isForFailures: false, ...more })
    },
    nodes: () => [...nodes.values()],
    edges
  }
}
