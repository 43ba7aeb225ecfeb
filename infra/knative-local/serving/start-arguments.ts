// How Node starts a bundle: in the local runtime, in tests and in images.
import { join } from 'node:path'

/**
 * Node's arguments. With 8 MiB for new objects, of which a start makes 7, it collects no garbage meanwhile: nearly all of it is kept
 * anyway. That is a tenth of a start. Node's own choice is 1 MiB at first, and 16 in time.
 */
export const startArguments = (bundle: string): string[] => [
  '--min-semi-space-size=8',
  join(import.meta.dirname, '../start-bundle.cjs'),
  bundle
]
