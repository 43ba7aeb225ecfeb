// Serves a function that takes students' events: one route, one way in.
import { FunctionConfig, loadConfig } from './config.ts'
import { deliverInOrder, type StudentFunction } from './deliver-in-order.ts'
import { receiveEvent } from './receive-event.ts'
import { serve } from './serve.ts'

export function serveStudentFunction(fn: StudentFunction): void {
  serve(fn.name, loadConfig(FunctionConfig), ({ connection: { db }, log }) => ({
    routes: {
      'POST /': request => receiveEvent(fn.name, log, request, event => deliverInOrder(db, fn, event))
    }
  }))
}
