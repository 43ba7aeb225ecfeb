// Open watches: one line of JSON for each change. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
import type { IncomingMessage, ServerResponse } from 'node:http'
import { statusObject } from './api-status.ts'
import { isOfType } from './is-of-type.ts'
import type { Change, ObjectStore } from './object-store.ts'
import { joinApiVersion, type ResourceType } from './resource-types.ts'
import type { Selector } from './selectors.ts'
import type { ServedObject } from './served-objects.ts'
import { columnDefinitions, row, type IncludeObject } from './table.ts'

export interface WatchRequest {
  readonly type: ResourceType
  readonly version: string
  readonly select: Selector
  /** The version of the list that was read before; empty or 0 asks for everything first. */
  readonly from: string
  readonly timeoutSeconds: number
  readonly bookmarks: boolean
  readonly asTable: boolean
  readonly include: IncludeObject
}

interface Watch extends WatchRequest {
  readonly response: ServerResponse
  readonly endsAt: number
  sent: number
  bookmarkAt: number
  headed: boolean
}

/** The plan and the state say nothing of their changes: they are looked at this often while anybody watches. */
const lookEveryMs = 250
const bookmarkEveryMs = 60_000
/** A real API server ends a watch after half an hour to an hour; the client opens another. */
const maxWatchSeconds = 3_600
const maxWatches = 100
/** A client that does not read is let go. */
const maxUnreadBytes = 1 << 20

export class Watches {
  readonly #store: ObjectStore
  readonly #now: () => Date
  readonly #open = new Set<Watch>()
  #timer: NodeJS.Timeout | undefined

  constructor(store: ObjectStore, now: () => Date) {
    this.#store = store
    this.#now = now
  }

  open(request: IncomingMessage, response: ServerResponse, asked: WatchRequest): void {
    if (this.#open.size >= maxWatches) {
      const failure = {
        code: 429,
        reason: 'TooManyRequests',
        message: `at most ${maxWatches} watches can be open at once; close one`
      }
      return void response
        .writeHead(429, { 'content-type': 'application/json' })
        .end(JSON.stringify(statusObject(failure)))
    }
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.flushHeaders()
    const seconds = Math.min(asked.timeoutSeconds > 0 ? asked.timeoutSeconds : maxWatchSeconds, maxWatchSeconds)
    const watch: Watch = {
      ...asked,
      response,
      endsAt: Date.now() + seconds * 1_000,
      sent: Number(asked.from),
      bookmarkAt: Date.now() + bookmarkEveryMs,
      headed: false
    }
    if (asked.from === '' || asked.from === '0') {
      watch.sent = this.#store.version
      for (const after of this.#store.objects()) this.#send(watch, { after })
    }
    this.#open.add(watch)
    request.once('close', () => this.#close(watch))
    this.#timer ??= setInterval(() => this.#look(), lookEveryMs)
    this.#advance(watch)
  }

  stop(): void {
    for (const watch of this.#open) this.#close(watch)
  }

  #look(): void {
    this.#store.refresh()
    for (const watch of this.#open) this.#advance(watch)
  }

  #advance(watch: Watch): void {
    const changes = this.#store.changesSince(watch.sent)
    if (changes === undefined) {
      const failure = {
        code: 410,
        reason: 'Expired',
        message: `too old resource version: ${watch.from} (${this.#store.version})`
      }
      this.#write(watch, { type: 'ERROR', object: statusObject(failure) })
      return this.#close(watch)
    }
    for (const change of changes) this.#send(watch, change)
    watch.sent = this.#store.version
    if (watch.bookmarks && Date.now() >= watch.bookmarkAt) {
      watch.bookmarkAt = Date.now() + bookmarkEveryMs
      const { group, kind } = watch.type
      this.#write(watch, {
        type: 'BOOKMARK',
        object: {
          kind,
          apiVersion: joinApiVersion(group, watch.version),
          metadata: { resourceVersion: String(watch.sent), creationTimestamp: null }
        }
      })
    }
    if (Date.now() >= watch.endsAt || watch.response.writableLength > maxUnreadBytes) this.#close(watch)
  }

  /** An object that begins to match a selector is added, one that no longer does is deleted. */
  #send(watch: Watch, { before, after }: Omit<Change, 'version'>): void {
    const matches = (object: ServedObject | undefined) =>
      object !== undefined && isOfType(object, watch.type) && watch.select(object)
    const object = after ?? before
    const [was, is] = [matches(before), matches(after)]
    if (object === undefined || (!was && !is)) return
    const type = was && is ? 'MODIFIED' : is ? 'ADDED' : 'DELETED'
    this.#write(watch, {
      type,
      object: watch.asTable
        ? this.#row(watch, object)
        : { ...object, apiVersion: joinApiVersion(watch.type.group, watch.version) }
    })
  }

  /** A table of one row; only the first says what the columns are. */
  #row(watch: Watch, object: ServedObject) {
    const definitions = watch.headed ? null : columnDefinitions(watch.type)
    watch.headed = true
    return {
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: object.metadata.resourceVersion },
      columnDefinitions: definitions,
      rows: [row(watch.type, object, watch.include, this.#now())]
    }
  }

  #write(watch: Watch, event: unknown): void {
    watch.response.write(`${JSON.stringify(event)}\n`)
  }

  #close(watch: Watch): void {
    if (!this.#open.delete(watch)) return
    watch.response.end()
    if (this.#open.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
