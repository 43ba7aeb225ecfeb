/** The longest of every wait: the machine may be busy. */
export const waitMs = 60_000
