// The audit's comparison: each check is a query over its own tables and the database's, in one snapshot.
import type { Client } from 'pg'
import type { Accounts, AuditReport, CommandCoverage, Coverage, Progress } from './audit-report.ts'
import { commandChecks, commandCoverage, prepareCommands } from './checks/commands.ts'
import { deliveryChecks } from './checks/delivery.ts'
import { effectChecks } from './checks/effects.ts'
import { studentEffectChecks } from './checks/student-effects.ts'
import { coverage, prepare } from './checks/prepare.ts'
import { accounts, publishingChecks } from './checks/publishing.ts'
import type { Check, Finding } from './finding.ts'

/** Of one check; the rest is counted. */
export const maxListed = 1_000

export async function compare(client: Client, progress: Progress): Promise<Omit<AuditReport, 'startedAt' | 'seconds'>> {
  const findings: Finding[] = []
  const counts: Record<string, number> = {}
  await client.query('begin isolation level repeatable read')
  for (const statement of [...prepare, ...prepareCommands]) {
    progress('comparing with the database')
    await client.query(statement)
  }
  for (const check of [
    ...deliveryChecks,
    ...commandChecks,
    ...publishingChecks,
    ...effectChecks,
    ...studentEffectChecks
  ]) {
    progress(`checking: ${check.kind}`)
    const { count, found } = await runCheck(client, check)
    if (count > 0) counts[check.kind] = (counts[check.kind] ?? 0) + count
    findings.push(...found)
  }
  const covered = await client.query<Coverage>(coverage)
  const commands = await client.query<CommandCoverage>(commandCoverage)
  const accounted = await client.query<Accounts>(accounts)
  await client.query('rollback') // nothing was written but the audit's own tables
  const [first] = accounted.rows
  if (first === undefined) throw new Error('the database did not answer the last question')
  return {
    clean: findings.length === 0,
    coverage: covered.rows,
    commands: commands.rows,
    accounts: first,
    counts,
    findings
  }
}

async function runCheck(client: Client, { kind, sql }: Check): Promise<{ count: number; found: Finding[] }> {
  const { rows } = await client.query<Record<string, unknown> & { total: number; detail: string }>(
    `select *, count(*) over () as total from (${sql}) found limit ${maxListed}`
  )
  const found = rows.map(({ detail, ...where }): Finding => {
    const known = Object.fromEntries(
      Object.entries(where).filter(([name, value]) => name !== 'total' && value !== null)
    )
    return { kind, detail, ...known, ...readAgain(known) }
  })
  return { count: rows[0]?.total ?? 0, found }
}

function readAgain({ topic, partition, offset }: Record<string, unknown>): Pick<Finding, 'readAgain'> {
  if (topic === undefined || partition === undefined || offset === undefined) return {}
  return { readAgain: `npm run local -- record ${topic}/${partition}/${offset}` }
}
