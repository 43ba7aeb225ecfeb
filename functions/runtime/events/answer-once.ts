// A command is done once: its answer is kept under its key and given again when the command is repeated.
import { and, eq } from 'drizzle-orm'
import { createHash } from 'node:crypto'
import type { Database, Transaction } from '../host/database.ts'
import { createGroupCommit } from '../host/group-commit.ts'
import { Linger } from '../host/linger.ts'
import { inSharedTransaction } from '../host/shared-transaction.ts'
import { inTransaction, sendWithin } from '../host/transaction.ts'
import { PermanentFailure } from '../errors.ts'
import type { FunctionAnswer } from '../host/http-server.ts'
import { Problem } from '../host/problem.ts'
import { commandAnswers } from '../tables/commands.ts'

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

const claimSeveralStatement = {
  name: 'claim_commands',
  text: `
    insert into command_answers (function, key, request_digest, status, body)
    select $1, key, digest, 0, '{}' from unnest($2::text[], $3::text[]) as wanted (key, digest) order by key
    on conflict do nothing
    returning key`
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

type Work = (tx: Transaction) => Promise<FunctionAnswer>

/**
 * Runs `work` and keeps its answer in the same transaction. A repeat that comes meanwhile waits for the first one.
 *
 * @throws Problem 422 when the key was used for another request
 * @throws PermanentFailure when the command has expired
 */
export async function answerOnce(db: Database, command: RepeatableCommand, work: Work): Promise<FunctionAnswer> {
  const { key } = command
  const begin = (tx: Transaction): Promise<FunctionAnswer> => {
    if (isExpired(command)) {
      throw new PermanentFailure('expired', `the command was to be done before ${command.expiresAt?.toISOString()}`)
    }
    return work(tx)
  }
  if (key === undefined) return inTransaction(db, begin)
  const requestDigest = digestOf(command)
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
    keepAnswer(tx, command.function, key, answer)
    return answer
  })
}

/** The same for a function whose handler waits for nothing but its transaction. */
export function createCommandGroups(db: Database): (command: RepeatableCommand, work: Work) => Promise<FunctionAnswer> {
  const answer = createGroupCommit<RepeatableCommand & { readonly begin: Work }, FunctionAnswer>({
    linger: new Linger(),
    alone: command => answerOnce(db, command, command.begin),
    keysOf: ({ key }) => (key === undefined ? [] : [key]),
    async together(members) {
      const inTime = members.filter(({ work }) => !isExpired(work))
      const answers = await inSharedTransaction(
        db,
        inTime,
        async tx => {
          const commands = inTime.map(({ work }) => work)
          const claimed = await claimUnknown(tx, commands)
          return inTime.filter(({ work: { key } }) => key === undefined || claimed.has(key))
        },
        async (tx, { work: { function: functionName, key, begin } }) => {
          const given = await begin(tx)
          if (key !== undefined) keepAnswer(tx, functionName, key, given)
          return given
        }
      )
      return members.map(({ work }) => answers.get(work))
    }
  })
  return (command, begin) => answer({ ...command, begin })
}

/** Claims the keys of several commands, and returns those that nobody had claimed before. */
async function claimUnknown(tx: Transaction, commands: readonly RepeatableCommand[]): Promise<ReadonlySet<string>> {
  const keyed = commands.filter(({ key }) => key !== undefined)
  if (keyed.length === 0) return new Set()
  const values = [keyed[0]?.function, keyed.map(({ key }) => key), keyed.map(digestOf)]
  const { rows } = await tx.$client.query<{ key: string }>({ ...claimSeveralStatement, values })
  return new Set(rows.map(({ key }) => key))
}

function keepAnswer(tx: Transaction, functionName: string, key: string, answer: FunctionAnswer): void {
  sendWithin(tx, { ...answerStatement, values: [functionName, key, answer.status, JSON.stringify(answer)] })
}

const isExpired = ({ expiresAt }: RepeatableCommand) => expiresAt !== undefined && expiresAt <= new Date()
const digestOf = ({ request }: RepeatableCommand) => createHash('sha256').update(JSON.stringify(request)).digest('hex')

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
