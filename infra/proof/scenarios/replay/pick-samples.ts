/** At most so many of a timeline to show: where a moment begins, the last one, and of the rest what fits, evenly spread. */
export function pickSamples<Sample extends { readonly moment: string }>(
  samples: readonly Sample[],
  most: number
): Sample[] {
  const isKept = (index: number) =>
    index === samples.length - 1 || samples[index]?.moment !== samples[index - 1]?.moment
  const rest = samples.map((_, index) => index).filter(index => !isKept(index))
  const room = Math.max(0, most - (samples.length - rest.length))
  const step = rest.length / Math.min(room, rest.length)
  const chosen = new Set(
    Array.from({ length: Math.min(room, rest.length) }, (_, number) => rest[Math.floor(number * step + step / 2)])
  )
  return samples.filter((_, index) => isKept(index) || chosen.has(index))
}
