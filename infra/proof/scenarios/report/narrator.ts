// What a scenario prints: a heading for each step, then what was done, tables, and what they show.

export type Cell = string | number | boolean | null
/** A row by the names of its columns. */
export type Row = Readonly<Record<string, Cell>>

export type Entry =
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'table'; readonly rows: readonly Row[] }
  /** Printed as it is: a hex dump, the output of a tool. */
  | { readonly kind: 'block'; readonly text: string }
  | { readonly kind: 'claim'; readonly claim: string; readonly holds: boolean; readonly seen: string }

export interface Step {
  readonly heading: string
  readonly entries: readonly Entry[]
}

export interface Narrator {
  step(heading: string): void
  say(text: string): void
  table(rows: readonly Row[]): void
  block(text: string): void
  /** What must hold, as a sentence, and the figures that decide it. One that does not hold fails the scenario, which continues. */
  claim(claim: string, holds: boolean, seen: string): void
  /** For tools (`--json`): figures by name, with their units in the name. */
  fact(name: string, value: unknown): void
}

export interface Narration extends Narrator {
  readonly steps: readonly Step[]
  readonly facts: Readonly<Record<string, unknown>>
}

export interface Listener {
  step(heading: string): void
  entry(entry: Entry): void
}

/** Keeps all that is said, and passes it on at once. */
export function createNarration(listener: Listener): Narration {
  const steps: { heading: string; entries: Entry[] }[] = []
  const facts: Record<string, unknown> = {}
  const add = (entry: Entry): void => {
    const step = steps.at(-1)
    if (!step) throw new Error('a scenario begins with a step')
    step.entries.push(entry)
    listener.entry(entry)
  }
  return {
    steps,
    facts,
    step(heading) {
      steps.push({ heading, entries: [] })
      listener.step(heading)
    },
    say: text => add({ kind: 'said', text }),
    table: rows => add({ kind: 'table', rows }),
    block: text => add({ kind: 'block', text }),
    claim: (claim, holds, seen) => add({ kind: 'claim', claim, holds, seen }),
    fact: (name, value) => void (facts[name] = value)
  }
}
