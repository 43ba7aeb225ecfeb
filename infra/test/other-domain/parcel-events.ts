// A domain of its own, for the test that neither the core nor the runtime knows one: parcels get a price.
import * as z from 'zod'
import { jsonEvent } from '../../../functions/runtime/events/event-type.ts'

const Parcel = z.object({ id: z.string().min(1), grams: z.int().positive() })
const Quote = z.object({ parcelId: z.string().min(1), cents: z.int().positive() })

export const parcelRegistered = jsonEvent('parcels.v1.ParcelRegistered', Parcel)
export const parcelQuoted = jsonEvent('parcels.v1.ParcelQuoted', Quote)
