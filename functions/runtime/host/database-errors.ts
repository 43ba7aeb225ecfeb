// What a database error means, by its SQLSTATE. https://www.postgresql.org/docs/18/errcodes-appendix.html
import { DrizzleQueryError } from 'drizzle-orm/errors'
import { DatabaseError } from 'pg'
import * as z from 'zod'
import { invalidFields } from './problem.ts'
import { sourceFrames } from './source-frames.ts'

/** The error PostgreSQL or its driver raised, under drizzle's wrapping. */
function driverError(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error
}

export function isUniqueViolation(error: unknown, table: string): boolean {
  const cause = driverError(error)
  return cause instanceof DatabaseError && cause.code === '23505' && cause.table === table
}

/** Whether the statement was not done because one before it in its transaction had failed. */
export function isAborted(error: unknown): boolean {
  const cause = driverError(error)
  return cause instanceof DatabaseError && cause.code === '25P02'
}

/** Whether the values themselves are refused, so that the same event will fail again: bad data, or too large for an index. */
export function isDataRefused(error: unknown): boolean {
  const cause = driverError(error)
  return cause instanceof DatabaseError && /^(22|54)/.test(cause.code ?? '')
}

/**
 * What a log may say of an error: drizzle's own message carries the statement's parameters, which are people's names and
 * addresses, and PostgreSQL's detail carries rows.
 */
export function describeError(error: unknown): { reason: string; code?: string; stack?: string } {
  if (!(error instanceof Error)) return { reason: String(error) }
  const cause = driverError(error)
  const stack = sourceFrames(error).join('\n')
  if (cause instanceof DatabaseError) return { reason: cause.message, code: cause.code, stack }
  if (error instanceof DrizzleQueryError) {
    return { reason: cause instanceof Error ? cause.message : 'the query failed', stack }
  }
  // Its own message is JSON.
  return { reason: error instanceof z.ZodError ? invalidFields(error).message : error.message, stack }
}

/** Whether waiting may help: anything from the database but bad data (22), a broken constraint (23) or wrong SQL (42). */
export function isDatabaseUnavailable(error: unknown): boolean {
  const cause = driverError(error)
  if (cause instanceof DatabaseError) return !/^(22|23|42)/.test(cause.code ?? '')
  if (error instanceof DrizzleQueryError) return true
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const message = cause instanceof Error ? cause.message : ''
  return (
    /^E(CONN|PIPE|TIMEDOUT|HOST|NET|AI_AGAIN)/.test(code) ||
    /timeout|Connection terminated|not queryable/i.test(message)
  )
}
