import type { Place } from './places.ts'

/** A kustomization, or what it lists, cannot be built; the message ends up beside the line of its place. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly place: Place

  constructor(place: Place, message: string) {
    super(message)
    this.place = place
  }
}
