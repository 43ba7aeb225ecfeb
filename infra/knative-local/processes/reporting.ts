/** How a part reports what happens to it. */
export interface Reporting {
  /** One sentence for the person at the screen. */
  report(sentence: string): void
  /** Another process serves the part now, or none. */
  pidChanged(): void
}
