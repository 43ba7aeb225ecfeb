// Work on things that wait for each other: each once, after those that it waits for, and beside all others.

/** Answers a function that does the work of one, and of what it waits for before it; asked again, it answers the same work. */
export function eachAfter<T, R>(
  waitsFor: (one: T) => readonly T[],
  work: (one: T) => Promise<R>
): (one: T) => Promise<R> {
  const begun = new Map<T, Promise<R>>()
  const visit = (one: T): Promise<R> => {
    const known = begun.get(one)
    if (known) return known
    const doing = Promise.all(waitsFor(one).map(visit)).then(() => work(one))
    doing.catch(() => undefined) // whoever asked for it gets the failure too
    begun.set(one, doing)
    return doing
  }
  return visit
}
