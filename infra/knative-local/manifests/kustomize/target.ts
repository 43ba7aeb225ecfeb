// One kustomization while it is built.
import type { Configuration } from './configuration.ts'
import type { Kustomization, Var } from './kustomization.ts'
import type { Place } from './places.ts'
import type { Resource } from './resource.ts'

export interface Target {
  readonly directory: string
  readonly kustomization: Kustomization
  readonly resources: Resource[]
  readonly vars: Var[]
  /** Its own and that of its bases. */
  readonly configuration: Configuration
  /** The directories of the kustomizations that list this one, and its own. */
  readonly chain: readonly string[]
  readonly step: (field: string, index?: number) => Place
}
