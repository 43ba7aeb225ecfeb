// Random numbers that a seed decides: the same seed gives the same schedule and the same load.
// mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c

export interface Random {
  /** At least 0, below 1. */
  next(): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  pick<Value>(values: readonly [Value, ...Value[]]): Value
  shuffle<Value>(values: readonly Value[]): Value[]
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    between,
    pick: values => values[between(0, values.length - 1)] ?? values[0],
    shuffle: values =>
      values
        .map(value => ({ value, at: next() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ value }) => value)
  }
}
