import { v5 } from 'uuid'

/** The same UUID for the same words, so that what Kubernetes makes up at random survives a restart here. */
export function stableUuid(...words: readonly string[]): string {
  return v5(words.join('/'), v5.URL)
}
