// Ports for the processes of functions: a new one for each instance, so that two of one Service can run side by side.
import { isFree } from '../state/ports.ts'

/** Each call answers the next free port of the range, in turn. */
export function instancePorts(first: number, last: number): () => Promise<number> {
  let next = first
  return async () => {
    for (let tries = first; tries <= last; tries += 1) {
      const port = next
      next = next === last ? first : next + 1
      if (await isFree(port)) return port
    }
    throw new Error(`No free port between ${first} and ${last} for an instance of a function`)
  }
}
