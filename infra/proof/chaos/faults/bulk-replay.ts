// Every open letter is replayed, also beyond the limit of replays.

export async function bulkReplay(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'chaos', force: true }),
    signal: AbortSignal.timeout(30_000)
  })
  return `deadLetterReplay answered ${response.status}: ${(await response.text()).slice(0, 120)}`
}
