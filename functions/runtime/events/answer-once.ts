// A command is done once: its answer is kept under its key and given again when the command is repeated.
import { and, eq } from 'drizzle-orm'
import { createHash } from 'node:crypto'
import { inTransaction, sendWithin, type Database, type Transaction } from '../host/database.ts'
import { PermanentFailure } from '../errors.ts'
import type { FunctionAnswer } from '../host/http-server.ts'
import { Problem } from '../host/problem.ts'
import { commandAnswers } from '../tables.ts'

export interface RepeatableCommand {
  readonly function: string
  /** Undefined: the caller does not ask for protection against repeats. */
  readonly key: string | undefined
  /** What was asked for, in a fixed field order. */
  readonly request: unknown
  /** From then on it is not begun; one that was done before is answered again all the same. */
  readonly expiresAt?: Date
}

const claimStatement = {
  name: 'claim_command',
  text: `
    insert into command_answers (function, key, request_digest, status, body) values ($1, $2, $3, 0, '{}')
    on conflict do nothing`
}

const answerStatement = {
  name: 'answer_command',
  text: 'update command_answers set status = $3, body = $4 where function = $1 and key = $2'
}

/** Of an Idempotency-Key. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
const maxKeyLength = 255

/** @throws Problem 400 for a key that is empty or too long */
export function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const key = String(header).trim()
  if (key === '' || key.length > maxKeyLength) {
    throw new Problem(400, 'invalid-idempotency-key', 'Invalid Idempotency-Key', `1 to ${maxKeyLength} characters`)
  }
  return `key:${key}`
}

/** The key of a command that came as an event: CloudEvents are the same when source and id are. */
export function eventKey({ source, id }: { source: string; id: string }): string {
  // The first space ends the source. No URI has a space or a backslash, so that escaping them leaves all others as they are.
  const escaped = source.replaceAll('\\', String.raw`\\`).replaceAll(' ', String.raw`\s`)
  return `event:${escaped} ${id}`
}

/**
 * Runs `work` and keeps its answer in the same transaction. A repeat that comes meanwhile waits for the first one.
 *
 * @throws Problem 422 when the key was used for another request
 * @throws PermanentFailure when the command has expired
 */
export async function answerOnce(
  db: Database,
  command: RepeatableCommand,
  work: (tx: Transaction) => Promise<FunctionAnswer>
): Promise<FunctionAnswer> {
  const { key, expiresAt } = command
  const begin = (tx: Transaction): Promise<FunctionAnswer> => {
    if (expiresAt !== undefined && expiresAt <= new Date()) {
      throw new PermanentFailure('expired', `the command was to be done before ${expiresAt.toISOString()}`)
    }
    return work(tx)
  }
  if (key === undefined) return inTransaction(db, begin)
  const requestDigest = createHash('sha256').update(JSON.stringify(command.request)).digest('hex')
  const isThisCommand = and(eq(commandAnswers.function, command.function), eq(commandAnswers.key, key))

  return inTransaction(db, async tx => {
    const values = [command.function, key, requestDigest]
    const { rowCount: claimed } = await tx.$client.query({ ...claimStatement, values })
    if (claimed === 0) {
      const [given] = await tx.select().from(commandAnswers).where(isThisCommand)
      if (given?.requestDigest !== requestDigest) {
        throw keyReused(key)
      }
      return given.body as FunctionAnswer
    }
    const answer = await begin(tx)
    sendWithin(tx, { ...answerStatement, values: [command.function, key, answer.status, JSON.stringify(answer)] })
    return answer
  })
}

/**
 * The key's first request is not this one, so that this one is no repeat: it is refused in words and never taken for done.
 * It happens to events whose ids were different when they were sent: what is not ASCII reaches Knative's Broker as "?".
 */
function keyReused(key: string): Problem {
  return key.startsWith('event:')
    ? new Problem(
        422,
        'event-id-reused',
        'Event id reused',
        'another command came with this source and id and was done, and this one asks for something else; send it under an id of its own, in ASCII'
      )
    : new Problem(
        422,
        'idempotency-key-reused',
        'Idempotency-Key reused',
        'this Idempotency-Key was used with another request; choose a new one'
      )
}
