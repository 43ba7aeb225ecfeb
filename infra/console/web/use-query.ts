// What an address says behind its question mark: a page's filters, so that a reload and a shared link show the same.
import { useLocation } from 'preact-iso'

export type Query = Readonly<Record<string, string>>

export function useQuery(): readonly [Query, (changes: Record<string, string | undefined>) => void] {
  const { path, query, route } = useLocation()
  return [query, changes => route(addressOf(path, { ...query, ...changes }), true)]
}

/** What is undefined or empty is left out. */
export function addressOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value)
  return given.size === 0 ? path : `${path}?${given}`
}
