// The plan that dev starts with: what keeps it from starting is said at once.
import { UsageError } from './command-line.ts'
import { type LoadOptions, type LoadResult, loadPlan } from '../manifests/load-plan.ts'
import type { Plan } from '../manifests/plan.ts'
import { formatProblems } from '../manifests/problem.ts'
import type { Project } from '../project.ts'
import { parts } from '../stack/registered.ts'
import { servicesPart } from '../stack/services.ts'
import { tracesPart } from '../stack/traces.ts'

/** @throws when no part has anything to do */
export function refuseNothing(plan: Plan, project: Project): void {
  const asked = parts.filter(part => part !== tracesPart && part !== servicesPart && part.isWanted(plan, project))
  if (plan.services.length + asked.length > 0) return
  throw new Error(
    'There is nothing to run: no Service, nothing that uses Kafka and no database among the objects of the YAML.'
  )
}

/** @throws when --inspect names none of the YAML */
export function refuseUnknownFunction(name: string | undefined, { services }: Plan): void {
  const targets = services.flatMap(({ name: service, env }) => [
    service,
    ...env.flatMap(({ name: variable, value }) => (variable === 'FUNCTION_TARGET' && value ? [value] : []))
  ])
  if (name === undefined || targets.includes(name)) return
  throw new UsageError(`--inspect ${name}: no function is called that. There are ${targets.join(', ')}.`)
}

/** Prints what is wrong. @throws when some of it is an error */
export async function readPlan(
  manifestPaths: readonly string[],
  loadOptions: LoadOptions
): Promise<LoadResult & { readonly plan: Plan }> {
  const { plan, ...read } = await loadPlan(manifestPaths, loadOptions)
  if (read.problems.length > 0) {
    process.stdout.write(`${formatProblems(read.problems, { colour: process.stdout.isTTY })}\n`)
  }
  if (!plan) throw new Error('The YAML has errors (above). Nothing was started.')
  return { ...read, plan }
}
