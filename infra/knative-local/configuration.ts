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
import { join, normalize, resolve } from 'node:path'
import { z } from 'zod'
import { parseManifest } from './manifests/manifest-document.ts'
import { nearestName } from './manifests/nearest-name.ts'
import type { Service } from './manifests/plan.ts'
import { formatPath, formatProblems, type Problem } from './manifests/problem.ts'
import type { Project, ServiceProgram } from './project.ts'

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
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw new Error(`${configurationFile} cannot be read: ${error.message}`, { cause: error })
  })
  const value = parse(content)
  const problems: Problem[] = []
  const [document] = parseManifest(configurationFile, content).documents
  const refuse = (path: readonly PropertyKey[], message: string) => {
    const origin = document?.locate(path) ?? { file: configurationFile, line: 1 }
    problems.push({ level: 'error', origin, path: formatPath(path), message })
  }
  const read = Configuration.safeParse(value)
  for (const issue of read.error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') refuse(issue.path, issue.message)
    else for (const key of issue.keys) refuse([key], unknownField(key, Object.keys(Configuration.shape)))
  }
  const { manifests, services } = read.data ?? { manifests: [], services: {} }
  for (const [index, path] of manifests.entries()) {
    if (!existsSync(resolve(directory, path))) refuse(['manifests', index], `there is no ${path}`)
  }

  const programs = Object.entries(services).map(([name, given]) => [name, readService(given)] as const)
  for (const [name, { data, problems: wrong }] of programs) {
    for (const { field, message } of wrong) refuse(['services', name, ...field], message)
    for (const [field, path] of data ? pathsOf(data) : []) {
      if (!existsSync(resolve(directory, path))) refuse(['services', name, field], `there is no ${path}`)
    }
  }
  if (problems.length > 0) throw new Error(formatProblems(problems.toSorted((a, b) => a.origin.line - b.origin.line)))
  return {
    directory,
    written: { file, read: () => readConfiguration(directory) },
    manifests,
    services: Object.fromEntries(programs.flatMap(([name, { data }]) => (data ? [[name, data]] : [])))
  }
}

/** A name with a slip of the pen would only be noticed by what does not run. */
export function unusedPrograms(
  programs: Project['services'] = {},
  services: readonly Pick<Service, 'namespace' | 'name'>[]
): string[] {
  const names = services.flatMap(({ namespace, name }) => [name, `${namespace}/${name}`])
  return Object.keys(programs)
    .filter(name => !names.includes(name))
    .map(
      name => `${configurationFile}: services.${name}: the YAML has no Service of this name${suggestion(name, names)}`
    )
}

const serviceFields = ['entry', 'command', ...Object.keys(common)]

interface ReadService {
  readonly data?: z.infer<typeof WithEntry | typeof WithCommand>
  readonly problems: readonly { readonly field: readonly PropertyKey[]; readonly message: string }[]
}

function readService(given: unknown): ReadService {
  const refused = (message: string) => ({ problems: [{ field: [], message }] })
  const { data: fields } = z.record(z.string(), z.unknown()).safeParse(given)
  if (!fields) return refused('must be an object with an entry or a command')
  const unknown = Object.keys(fields).filter(name => !serviceFields.includes(name))
  if (unknown.length > 0) {
    return { problems: unknown.map(name => ({ field: [name], message: unknownField(name, serviceFields) })) }
  }
  if ('entry' in fields && 'command' in fields) return refused('name an entry or a command, not both')
  const kind = 'entry' in fields ? WithEntry : 'command' in fields ? WithCommand : undefined
  if (!kind) return refused('name an entry ("server.ts") or a command (["python3", "app.py"])')
  const { data, error } = kind.safeParse(given)
  if (data) return { data, problems: [] }
  return { problems: error.issues.map(({ path, message }) => ({ field: path, message })) }
}

/** Those that must be there, by field. */
function pathsOf(program: ServiceProgram): [string, string][] {
  const { directory = '.', entry } = program
  return [
    ['directory', normalize(directory)],
    ...(entry === undefined ? [] : [['entry', join(directory, entry)] satisfies [string, string]])
  ]
}

function unknownField(name: string, known: readonly string[]): string {
  return `unknown field "${name}"${suggestion(name, known)}`
}

function suggestion(name: string, known: readonly string[]): string {
  const near = nearestName(name, known)
  return near === undefined ? '' : `; did you mean "${near}"?`
}

/** @throws with the line, as far as V8 says where */
function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const at =
      /at position (\d+)/.exec(message)?.[1] ?? (message.includes('end of JSON') ? content.trimEnd().length : 0)
    const line = content.slice(0, Number(at)).split('\n').length
    const reason = message.replace(/ (?:in JSON )?at position .*$/s, '')
    throw new Error(`${configurationFile}:${line} error this is not JSON: ${reason}`, { cause: error })
  }
}
