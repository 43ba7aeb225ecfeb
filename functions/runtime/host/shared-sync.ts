// The statements that a transaction sends in one turn of the event loop leave with one system call, and share one Sync: PostgreSQL sends
// what it answers to all of them at once, and wakes this process once. Each had a Sync of its own, and cost two wakeups.
// https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
//
// pg takes the ReadyForQuery that answers a Sync for the end of a statement. So each statement but the last of a Sync is ended here, when
// PostgreSQL says that it is complete. Behind one that fails PostgreSQL passes over the others: those that have not ended at the
// ReadyForQuery. They fail as statements of an aborted transaction do, `commit` and `rollback` too.
import { type Client, type Connection, DatabaseError } from 'pg'

class SharedSync {
  private isInTransaction = false
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
      if (name === 'readyForQuery') {
        while (this.endOne()) send.emit('errorMessage', passedOver())
        this.unanswered.shift()
      }
      const isHeard = send.emit(name, ...args)
      if (name === 'commandComplete' || name === 'emptyQuery' || name === 'closeComplete') this.endOne()
      return isHeard
    }
  }

  /** Outside of a transaction statements that share a Sync would become one: there each has its own. */
  setInTransaction(isInTransaction: boolean): void {
    this.isInTransaction = isInTransaction
    this.sync()
  }

  /** All that belongs to a statement has been written. */
  private statementEnds(): void {
    this.unsynced += 1
    if (!this.isInTransaction) return this.sync()
    if (this.unsynced > 1) return
    const { stream } = this.connection
    stream.cork()
    // After the promises that are settled by now and what they send, but in a callback of Node's own, such as a timer's.
    process.nextTick(() => {
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

  /** Ends the one that is answered now, and says whether another one of the same Sync is next. Its ReadyForQuery ends the last one. */
  private endOne(): boolean {
    const left = this.unanswered[0] ?? 0
    if (left <= 1) return false
    this.unanswered[0] = left - 1
    this.send.emit('readyForQuery', { status: 'T' })
    return true
  }
}

const passedOver = () =>
  Object.assign(
    new DatabaseError(
      'current transaction is aborted: a statement that was sent before this one has failed',
      0,
      'error'
    ),
    { code: '25P02' }
  )

const byClient = new WeakMap<Client, SharedSync>()

/** From then on its statements share Syncs, while it is in a transaction. */
export function shareSyncs(client: Client): void {
  byClient.set(client, new SharedSync(client.connection))
}

export function setInTransaction(client: Client, isInTransaction: boolean): void {
  byClient.get(client)?.setInTransaction(isInTransaction)
}
