// YAML as one checked plan. A face of its own: every kind's rules are loaded with it.
export { loadPlan } from './manifests/load-plan.ts'
export { planOfObjects } from './manifests/plan-of-objects.ts'
export type { Plan } from './manifests/plan.ts'
export { formatProblems } from './manifests/problem.ts'
