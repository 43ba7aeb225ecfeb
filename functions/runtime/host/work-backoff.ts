/** What failed is not tried again for so many works, twice as many after each further failure, up to a bound: failing often costs next to nothing. */
export class WorkBackoff {
  private left = 0
  private next: number
  private readonly min: number
  private readonly max: number

  constructor(min: number, max: number) {
    this.min = min
    this.max = max
    this.next = min
  }

  get isOn(): boolean {
    return this.left > 0
  }

  /** Another work comes. Whether it is one of those for which it is not tried. */
  takes(): boolean {
    if (this.left === 0) return false
    this.left--
    return true
  }

  failed(): void {
    this.left = this.next
    this.next = Math.min(this.max, this.next * 2)
  }

  succeeded(): void {
    this.next = this.min
  }
}
