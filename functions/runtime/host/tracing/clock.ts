// The time to the microsecond. Date.now has milliseconds, in which a transaction begins and sends its first statement.

/** The wall clock may be set; performance.now is not, and is brought in line when it is this far off. */
const maxDriftMs = 20
let origin = performance.timeOrigin

/** Milliseconds since 1970, with a fraction. */
export function preciseNow(): number {
  const precise = origin + performance.now()
  const driftMs = Date.now() - precise
  if (Math.abs(driftMs) <= maxDriftMs) return precise
  origin += driftMs
  return precise + driftMs
}
