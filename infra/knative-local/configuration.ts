// knative-local.json: what a folder of YAML leaves open, for `knative-local dev`. It may be absent.
//
//   {
//     "manifests": ["k8s"],
//     "services": {
//       "event-display": { "entry": "server.ts" },
//       "shop/legacy": { "command": ["python3", "app.py"], "directory": "legacy" }
//     }
//   }
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { nearestName } from './manifests/nearest-name.ts'
import type { Project } from './project.ts'

export const configurationFile = 'knative-local.json'

const text = z.string().min(1, 'must not be empty')
const common = {
  directory: text.optional(),
  env: z.record(z.string(), z.string()).optional(),
  watch: z.array(text).optional()
}
const WithEntry = z.strictObject({ ...common, entry: text })
const WithCommand = z.strictObject({
  ...common,
  command: z.tuple([text], z.string(), 'must be a list of words: ["python3", "app.py"]')
})
const Configuration = z.strictObject({
  manifests: z.array(text).min(1, 'must name a file or a folder').default(['.']),
  services: z.record(z.string(), z.unknown()).default({})
})

/** @throws with every problem of the file at once */
export async function readConfiguration(directory: string): Promise<Project> {
  const file = join(directory, configurationFile)
  const content = await readFile(file, 'utf8').catch(() => '{}')
  const problems: string[] = []
  const read = Configuration.safeParse(parse(content))
  for (const issue of read.error?.issues ?? []) problems.push(describe(issue, ['manifests', 'services']))
  const { manifests, services } = read.data ?? { manifests: [], services: {} }
  for (const path of manifests) {
    if (!existsSync(join(directory, path))) problems.push(`manifests: there is no ${path}`)
  }

  const programs = Object.entries(services).map(([name, given]) => [name, readService(given)] as const)
  for (const [name, { data, problem }] of programs) {
    if (problem !== undefined) problems.push(`services.${name}: ${problem}`)
    for (const path of [data?.directory, data && 'entry' in data ? data.entry : undefined]) {
      if (path !== undefined && !existsSync(join(directory, path)))
        problems.push(`services.${name}: there is no ${path}`)
    }
  }
  if (problems.length > 0) throw new Error(problems.map(problem => `${configurationFile}: ${problem}`).join('\n'))
  return {
    directory,
    manifests,
    services: Object.fromEntries(programs.flatMap(([name, { data }]) => (data ? [[name, data]] : [])))
  }
}

const serviceFields = ['entry', 'command', ...Object.keys(common)]

function readService(given: unknown): { data?: z.infer<typeof WithEntry | typeof WithCommand>; problem?: string } {
  const { data: fields } = z.record(z.string(), z.unknown()).safeParse(given)
  if (!fields) return { problem: 'must be an object with an entry or a command' }
  const unknown = Object.keys(fields).filter(name => !serviceFields.includes(name))
  if (unknown.length > 0) return { problem: unknown.map(name => meant(name, serviceFields)).join(', ') }
  if ('entry' in fields && 'command' in fields) return { problem: 'name an entry or a command, not both' }
  const kind = 'entry' in fields ? WithEntry : 'command' in fields ? WithCommand : undefined
  if (!kind) return { problem: 'name an entry ("server.ts") or a command (["python3", "app.py"])' }
  const { data, error } = kind.safeParse(given)
  return data ? { data } : { problem: error.issues.map(issue => describe(issue, serviceFields)).join(', ') }
}

function describe(issue: z.core.$ZodIssue, known: readonly string[]): string {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => meant(key, known)).join(', ')
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`
}

function meant(name: string, known: readonly string[]): string {
  const near = nearestName(name, known)
  return `unknown field "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new Error(`${configurationFile}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
