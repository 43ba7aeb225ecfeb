// Keeps what was claimed, for the page.
import type { Narrator } from '../../report/narrator.ts'

export interface Claim {
  readonly claim: string
  readonly holds: boolean
  readonly seen: string
}

export function withClaims(plain: Narrator): { readonly narrator: Narrator; readonly claims: readonly Claim[] } {
  const claims: Claim[] = []
  const claim = (sentence: string, holds: boolean, seen: string): void => {
    claims.push({ claim: sentence, holds, seen })
    plain.claim(sentence, holds, seen)
  }
  return { narrator: { ...plain, claim }, claims }
}
