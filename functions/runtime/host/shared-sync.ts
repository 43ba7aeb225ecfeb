// The statements that a transaction sends in one turn of the event loop leave with one system call, and share one Sync: PostgreSQL sends
// what it answers to all of them at once, and wakes this process once. Each had a Sync of its own, and cost two wakeups.
// https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
//
// pg takes the ReadyForQuery that answers a Sync for the end of a statement. So each statement but the last of a Sync is ended here, when
// PostgreSQL says that it is complete. Behind one that fails PostgreSQL passes over the others, and they fail here as they
// would have in the aborted transaction.
import type { Client, Connection } from 'pg'

class SharedSync {
  /** Outside of a transaction statements that share a Sync would become one: there each has its own. */
  isInTransaction = false
  /** Statements since the last Sync. */
  private unsynced = 0
  /** Of each Sync that is not answered yet, the statements that have not ended. A simple query is one, and has no Sync. */
  private readonly unanswered: number[] = []
  private readonly connection: Connection
  private readonly send: Pick<Connection, 'sync' | 'query' | 'emit'>

  constructor(connection: Connection) {
    this.connection = connection
    const send = (this.send = {
      sync: connection.sync.bind(connection),
      query: connection.query.bind(connection),
      emit: connection.emit.bind(connection)
    })
    connection.sync = () => this.statementEnds()
    connection.query = text => {
      this.sync()
      this.unanswered.push(1)
      send.query(text)
    }
    connection.emit = (name, ...args: unknown[]) => {
      if (name === 'readyForQuery') this.unanswered.shift()
      const isHeard = send.emit(name, ...args)
      if (name === 'commandComplete' || name === 'emptyQuery' || name === 'closeComplete') this.endOne()
      else if (name === 'errorMessage') while (this.endOne()) send.emit('errorMessage', passedOver())
      return isHeard
    }
  }

  /** All that belongs to a statement has been written. */
  private statementEnds(): void {
    this.unsynced += 1
    if (!this.isInTransaction) return this.sync()
    if (this.unsynced > 1) return
    const { stream } = this.connection
    stream.cork()
    process.nextTick(() => {
      // after the promises that are settled by now, and what they send
      this.sync()
      stream.uncork()
    })
  }

  private sync(): void {
    if (this.unsynced === 0) return
    this.unanswered.push(this.unsynced)
    this.unsynced = 0
    this.send.sync()
  }

  /** Ends the one that is answered now, and says whether another one of the same Sync is next. The last one is ended by its ReadyForQuery. */
  private endOne(): boolean {
    const left = this.unanswered[0] ?? 0
    if (left <= 1) return false
    this.unanswered[0] = left - 1
    this.send.emit('readyForQuery', { status: 'T' })
    return true
  }
}

const passedOver = () =>
  Object.assign(new Error('current transaction is aborted: a statement before this one failed'), { code: '25P02' })

const byClient = new WeakMap<Client, SharedSync>()

/** From then on, while it is `setInTransaction`. */
export function shareSyncs(client: Client): void {
  byClient.set(client, new SharedSync(client.connection))
}

export function setInTransaction(client: Client, isInTransaction: boolean): void {
  const shared = byClient.get(client)
  if (shared) shared.isInTransaction = isInTransaction
}
