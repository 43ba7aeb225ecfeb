// With the core's own tables: npx drizzle-kit generate --dialect postgresql --schema './{functions/runtime/tables/*,infra/test/other-domain/tables}.ts' --out infra/test/other-domain/migrations
import { integer, pgTable, text } from 'drizzle-orm/pg-core'

export const quotes = pgTable('quotes', {
  parcelId: text('parcel_id').primaryKey(),
  cents: integer().notNull()
})
