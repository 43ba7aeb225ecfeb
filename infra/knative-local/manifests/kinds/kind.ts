import type { z } from 'zod'
import type { Path } from '../manifest-document.ts'
import type { metadataSchema } from '../metadata.ts'
import type { Origin } from '../plan.ts'
import type { Report } from '../schema.ts'

export type Metadata = z.output<typeof metadataSchema> & { readonly namespace: string }

/** How one kind of object is checked and becomes an entry of the plan. */
export interface KindReader<Spec, Entry> {
  readonly spec: z.ZodType<Spec>
  /** The API refuses the object without one. */
  readonly requiresSpec?: boolean
  /** Rules on metadata, and between metadata and spec. They run whatever the spec looks like. */
  readonly check?: (metadata: Metadata, spec: unknown, report: Report) => void
  readonly read: (manifest: Manifest<Spec>, warn: (path: Path, message: string) => void) => Entry
}

export interface Manifest<Spec> {
  readonly metadata: Metadata
  readonly spec: Spec
  readonly origin: Origin
}
