import { defineFunction } from '../../../../functions/runtime/define-function.ts'
import { parcelQuoted, parcelRegistered } from '../parcel-events.ts'

const centsPerKilogram = 250

/** Answers each parcel with its price; the Broker passes the answer on. */
export default defineFunction({
  name: 'quoteParcel',
  accepts: [parcelRegistered],
  async handle({ id, data }, { reply }) {
    const cents = Math.ceil((data.grams * centsPerKilogram) / 1_000)
    reply(parcelQuoted, { parcelId: data.id, cents }, { id: `${id}-quote`, subject: data.id })
  }
})
