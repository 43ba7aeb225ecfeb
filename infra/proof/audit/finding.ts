// Something that should not be, and where.

export interface Finding {
  /** A word for scripts, such as `lost`. */
  readonly kind: string
  /** A sentence for people. */
  readonly detail: string
  readonly function?: string
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly source?: string
  readonly id?: string
  readonly student?: string
  readonly sequence?: number
  /** The command that shows the record again. */
  readonly readAgain?: string
}

/** A check is one query that selects what is wrong; columns are named as the fields of a finding, absent ones left out. */
export interface Check {
  readonly kind: string
  readonly sql: string
}
