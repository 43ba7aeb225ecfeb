// One declaration makes a function that takes a command: over HTTP, or as a CloudEvent with the same fields. A command is
// done once: by its Idempotency-Key, or by the event's source and id.
import type { DescMessage } from '@bufbuild/protobuf'
import type * as z from 'zod'
import { type Commits, type Declaration, databaseOf, type Publications, type Tables } from './declaration.ts'
import { InvalidEvent } from './errors.ts'
import { answerOnce, createCommandGroups, eventKey, idempotencyKey } from './events/answer-once.ts'
import { readEventCommand, readJsonCommand, readQueryCommand } from './events/command.ts'
import { expiryOf } from './events/expiry.ts'
import { createPublisher, type Publish } from './events/publisher.ts'
import { receiveEvent } from './events/receive-event.ts'
import { claimsToBeEvent } from './events/received-event.ts'
import { loadPublishingConfig } from './host/config.ts'
import { connectTo, type Database, type Transaction } from './host/database.ts'
import type { FunctionAnswer, FunctionRequest } from './host/http-server.ts'
import type { Log } from './host/log.ts'
import type { Routes } from './host/router.ts'
import { serve } from './host/serve.ts'
import { nextTraceparent, traceId } from './host/trace.ts'

export interface CommandContext {
  readonly tx: Transaction
  readonly log: Log
  readonly publish: Publish
  readonly now: Date
}

export interface CommandDefinition<Command extends z.ZodType> extends Tables {
  readonly name: string
  readonly command: Command
  /**
   * The protobuf message of the command as an event; its full name is the event's type. The data may be JSON too. Absent for a
   * command that comes over HTTP only.
   */
  readonly event?: DescMessage
  readonly http: {
    /** A method and a path with at most one parameter, `:id`, which becomes the command's `id`. */
    readonly route: string
    /** What the body holds, where that is not the whole command. A DELETE has none: its query holds the rest. */
    readonly body?: z.ZodType<object>
  }
  /** Questions that the function answers besides, by route; the parameter is handed over. */
  readonly queries?: Readonly<Record<string, (db: Database, id: string) => Promise<unknown>>>
  /** The CloudEvents `source` of what it publishes; `/functions/NAME` by default. */
  readonly source?: string
  readonly publishes?: Publications
  readonly commits?: Commits
  /** @throws Problem for what the caller did wrong; as an event, the command then becomes a dead letter */
  handle(command: z.infer<Command>, context: CommandContext): Promise<FunctionAnswer>
}

export function defineCommand<Command extends z.ZodType>(
  definition: CommandDefinition<Command>
): CommandDefinition<Command> & Declaration {
  return {
    kind: 'command',
    accepts: [],
    commands: definition.event === undefined ? [] : [definition.event.typeName],
    publishes: {},
    ...definition,
    database: databaseOf(definition),
    start: () => start(definition)
  }
}

function start<Command extends z.ZodType>(fn: CommandDefinition<Command>): void {
  const { name, http, publishes = {}, source = `/functions/${name}` } = fn
  const { config, topics } = loadPublishingConfig(publishes)
  serve(name, config, log => {
    const { db, answers, close } = connectTo(config, name, log)
    const publisher = createPublisher(db, { source, publications: publishes, topics })
    const answerTo: ReturnType<typeof createCommandGroups> =
      fn.commits === 'together' ? createCommandGroups(db) : (one, work) => answerOnce(db, one, work)

    const accept = async (
      command: z.infer<Command>,
      key: string | undefined,
      traceparent: string | undefined,
      expiresAt?: Date
    ) => {
      const trace = nextTraceparent(traceparent)
      const answer = await answerTo({ function: name, key, request: command, expiresAt }, tx => {
        const now = new Date()
        return fn.handle(command, { tx, log, now, publish: publisher.within(tx, trace, now) })
      })
      log.info({ status: answer.status, location: answer.headers?.location, traceId: traceId(trace) }, 'command done')
      return answer
    }

    const fromEvent = (request: FunctionRequest) =>
      receiveEvent(name, log, request, async (event, traceparent) => {
        if (fn.event === undefined) throw new InvalidEvent('no events are taken here; send the command as JSON')
        const command = readEventCommand(event, fn.event, fn.command)
        await accept(command, eventKey(event), traceparent, expiryOf(event))
        return { outcome: 'done' }
      })

    const readBody = (request: FunctionRequest, id: string) => {
      const body = readJsonCommand(request, http.body ?? fn.command)
      return http.route.includes('/:id') ? { id, ...(body as object) } : body
    }

    const fromHttp = (request: FunctionRequest, id: string) => {
      const command = request.method === 'DELETE' ? readQueryCommand(request, fn.command, id) : readBody(request, id)
      const key = idempotencyKey(request.headers['idempotency-key'])
      return accept(command as z.infer<Command>, key, request.headers.traceparent?.toString())
    }

    const queries = Object.entries(fn.queries ?? {}).map(([route, query]): [string, Routes[string]] => [
      route,
      async (_request, id) => ({ status: 200, body: await query(db, id) })
    ])
    return {
      isReady: async () => {
        await answers()
        return publisher.isReady()
      },
      close,
      routes: {
        'POST /': fromEvent,
        ...Object.fromEntries(queries),
        [http.route]:
          http.route === 'POST /'
            ? async (request, id) => (claimsToBeEvent(request.headers) ? fromEvent(request) : fromHttp(request, id))
            : async (request, id) => fromHttp(request, id)
      }
    }
  })
}
