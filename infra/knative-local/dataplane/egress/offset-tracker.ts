// Which offset of one partition may be committed: the first one not finished. Records finish in any order, offsets may have gaps
// (compaction, transaction markers), and a commit never jumps over a record that is still being delivered.

interface Entry {
  readonly offset: number
  done: boolean
}

/** Finishes one received record; calling it again does nothing. */
export type Finish = () => void

export class OffsetTracker {
  private entries: Entry[] = []
  /** Index of the first entry not finished. */
  private head = 0
  private position: number

  /** `position`: the offset the partition is read from. */
  constructor(position: number) {
    this.position = position
  }

  /** The next offset to read. */
  get next(): number {
    return this.position
  }

  get unfinished(): number {
    return this.entries.length - this.head
  }

  /** The offset to commit. */
  get committable(): number {
    return this.entries[this.head]?.offset ?? this.position
  }

  received(offset: number): Finish {
    if (offset < this.position)
      throw new Error(`offset ${offset} was received before, the position is ${this.position}`)
    const entry: Entry = { offset, done: false }
    this.entries.push(entry)
    this.position = offset + 1
    return () => this.finish(entry)
  }

  /** Offsets below `position` hold nothing to deliver any more (control records, records removed by compaction or retention). */
  skipTo(position: number): void {
    if (position > this.position) this.position = position
  }

  private finish(entry: Entry): void {
    entry.done = true
    while (this.entries[this.head]?.done === true) this.head++
    // Keeps memory bounded by what is unfinished, at a constant cost for each record.
    if (this.head > 64 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head)
      this.head = 0
    }
  }
}
