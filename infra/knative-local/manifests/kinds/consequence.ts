/** The end of a message about what a cluster takes and then fails on; `reason` is what its status says. */
export function failsLater(reason: string): string {
  return `. kubectl apply takes it, and then READY is False: ${reason}`
}
