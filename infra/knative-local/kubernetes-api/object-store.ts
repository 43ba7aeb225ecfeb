// The served objects with their versions, and what changed: the memory behind list and watch.
import { isDeepStrictEqual } from 'node:util'
import type { ManifestObject, Plan } from '../manifests/plan.ts'
import type { LiveState } from './live-state.ts'
import { withDerived } from './derived-objects.ts'
import { objectKey, serve, stateOf, type Memory, type ServedObject } from './served-objects.ts'

/** A new object has no `before`, a removed one no `after`. */
export interface Change {
  readonly version: number
  readonly before?: ServedObject
  readonly after?: ServedObject
}

/** A watch that asks for an older version has to list again (410), as by a real API server. */
const maxChanges = 1_000

interface Kept {
  readonly memory: Memory
  readonly written: ManifestObject
  readonly served: ServedObject
  readonly ready: string | undefined
}

export interface Sources {
  readonly plan: () => Plan
  readonly state: () => LiveState
  readonly now: () => Date
}

export class ObjectStore {
  readonly #sources: Sources
  readonly #kept = new Map<string, Kept>()
  #changes: Change[] = []
  #version = 1
  #forgottenVersion = 0

  constructor(sources: Sources) {
    this.#sources = sources
    this.refresh()
  }

  get version(): number {
    return this.#version
  }

  /** By namespace and name, the order of a real API server. */
  objects(): ServedObject[] {
    const place = ({ metadata }: ServedObject) => `${metadata.namespace ?? ''}/${metadata.name}`
    return [...this.#kept.values()]
      .map(({ served }) => served)
      .toSorted((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0))
  }

  /** Undefined when changes since that version have been forgotten, or it has never been. */
  changesSince(version: number): Change[] | undefined {
    if (version < this.#forgottenVersion || version > this.#version) return undefined
    return this.#changes.filter(change => change.version > version)
  }

  /** Looks at the plan and the state again. */
  refresh(): void {
    const plan = this.#sources.plan()
    const state = this.#sources.state()
    const now = this.#sources
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
    const present = new Set<string>()
    for (const written of withDerived(plan)) {
      const key = objectKey(written)
      present.add(key)
      this.#keep(key, written, plan, state, now)
    }
    for (const [key, { served }] of this.#kept) {
      if (present.has(key)) continue
      this.#kept.delete(key)
      this.#record({ before: served })
    }
  }

  #keep(key: string, written: ManifestObject, plan: Plan, state: LiveState, now: string): void {
    const before = this.#kept.get(key)
    const ready = stateOf(written, state)?.ready
    const sameSpec =
      before !== undefined && (before.written === written || isDeepStrictEqual(before.written.spec, written.spec))
    const memory: Memory = {
      createdAt: before?.memory.createdAt ?? now,
      generation: before === undefined ? 1 : before.memory.generation + (sameSpec ? 0 : 1),
      readySince: before !== undefined && before.ready === ready ? before.memory.readySince : now
    }
    const served = serve(written, plan, state, memory, before?.served.metadata.resourceVersion ?? '')
    if (before !== undefined && isDeepStrictEqual(before.served, served)) return
    const versioned = { ...served, metadata: { ...served.metadata, resourceVersion: String(this.#version + 1) } }
    this.#kept.set(key, { memory, written, served: versioned, ready })
    this.#record({ ...(before && { before: before.served }), after: versioned })
  }

  #record(change: Omit<Change, 'version'>): void {
    this.#version += 1
    this.#changes.push({ ...change, version: this.#version })
    if (this.#changes.length <= maxChanges) return
    this.#forgottenVersion = this.#changes.at(-maxChanges)?.version ?? this.#version
    this.#changes = this.#changes.slice(-maxChanges)
  }
}
