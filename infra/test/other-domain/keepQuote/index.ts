import { defineFunction } from '../../../../functions/runtime/define-function.ts'
import { parcelQuoted } from '../parcel-events.ts'
import { quotes } from '../tables.ts'

export default defineFunction({
  name: 'keepQuote',
  accepts: [parcelQuoted],
  order: 'none',
  writes: [quotes],
  async handle({ data: { parcelId, cents } }, { tx }) {
    await tx.insert(quotes).values({ parcelId, cents })
  }
})
