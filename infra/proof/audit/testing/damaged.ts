import type { TestKafka } from '../../../knative-local/testing.ts'
import type { Database } from '../../../../functions/runtime/host/database.ts'
import type { AuditReport } from '../audit-report.ts'
import { openSchool } from './school.ts'

/** Bytes that no schema reads. */
export const broken = Buffer.from([0xff])

/** A student with two updates, all applied; then the damage. */
export async function damaged(kafka: TestKafka, damage: (db: Database, studentId: string) => Promise<void>) {
  const school = await openSchool(kafka)
  const student = await school.enrol(2)
  await school.run()
  await damage(school.db, student)
  return { school, student }
}

type Counts = Record<string, number>

/** The report's table, summed by function. */
export function sums({ coverage }: AuditReport): Record<string, Counts> {
  const sum: Record<string, Counts> = {}
  for (const { function: name, applied, letters, held, discarded, pending, lost, duplicates } of coverage) {
    const counts = (sum[name] ??= {})
    const row = { applied, letters, held, discarded, pending, lost, duplicates }
    for (const [column, count] of Object.entries(row)) counts[column] = (counts[column] ?? 0) + count
  }
  return sum
}
