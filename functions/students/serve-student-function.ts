// Serves a function that takes students' events: one route, one way in.
import { sql } from 'drizzle-orm'
import { FunctionConfig, loadConfig } from '../runtime/host/config.ts'
import { deliverInOrder, type OrderedFunction } from '../runtime/delivery/deliver-in-order.ts'
import { receiveEvent } from '../runtime/events/receive-event.ts'
import { serve } from '../runtime/host/serve.ts'

export function serveStudentFunction(fn: OrderedFunction): void {
  serve(fn.name, loadConfig(FunctionConfig), ({ connection: { db }, log }) => ({
    isReady: async () => {
      await db.execute(sql`select from fences limit 1`) // throws while the table is not there
      return true
    },
    routes: {
      'POST /': request => receiveEvent(fn.name, log, request, event => deliverInOrder(db, fn, event))
    }
  }))
}
