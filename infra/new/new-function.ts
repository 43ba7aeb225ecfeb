// What a new function consists of, and who hears of it.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readDeclared } from '../derived/declared.ts'
import { UsageError } from '../knative-local/command-line.ts'
import { knownTypes, orderOf, typesPublishedTo } from './event-types.ts'
import { checkName, checkTopic, checkType, dashed, lowerFirst, pascal } from './names.ts'
import { stub } from './sample.ts'
import { type ProjectNames, readProjectNames } from './project-names.ts'
import { codeOf, type FunctionPlan } from './templates/code.ts'
import { funcYaml, manifest, topicYaml } from './templates/yaml.ts'

export interface NewFunction {
  readonly name: string
  readonly kind: FunctionPlan['kind']
  /** One where it publishes. */
  readonly topics: readonly string[]
  readonly type?: string | undefined
}

/** Returns what there is to say. @throws UsageError before anything is written */
export async function newFunction(
  projectDirectory: string,
  { name, kind, topics, type }: NewFunction
): Promise<string[]> {
  checkName(name)
  const [topic = ''] = topics
  topics.forEach(checkTopic)
  if (kind === 'command' && topics.length > 1)
    throw new UsageError('a command publishes to one topic: name one --topic')
  const folder = join('functions', name)
  const yaml = join('knative', `${dashed(name)}.yaml`)
  for (const path of [folder, yaml]) {
    if (existsSync(join(projectDirectory, path))) throw new UsageError(`${path} is there already: choose another name`)
  }

  const projectNames = await readProjectNames(projectDirectory)
  const { functions } = await readDeclared()
  const known = await knownTypes(join(projectDirectory, 'functions'))
  const published = topics.flatMap(one => {
    const types = typesPublishedTo(one, functions)
    if (types.length === 0 && type === undefined && topics.length > 1) {
      throw new UsageError(`nothing here publishes to ${one}: say with --type what it holds, or name one --topic`)
    }
    return types
  })
  const newType = type ?? `example.${pascal(topic)}`
  const wanted = type === undefined && kind !== 'command' && published.length > 0 ? published : [newType]
  const events = wanted.flatMap(wish => known.get(wish) ?? [])
  if (events.length === 0) checkType(newType)
  const plan: FunctionPlan = {
    name,
    kind,
    topics,
    types: events.length === 0 ? [newType] : events.map(event => event.type),
    events:
      events.length === 0
        ? [
            {
              name: lowerFirst(pascal(newType.split('.').at(-1) ?? '')),
              module: `${name}/event.ts`,
              firstSequence: 1,
              sample: stub,
              isStub: true
            }
          ]
        : events,
    isNewType: events.length === 0,
    order: orderOf(
      wanted,
      functions.map(({ declaration }) => declaration)
    )
  }

  const written = new Map([
    ...codeOf(plan).map(([file, text]): [string, string] => [join(folder, file), text]),
    [join(folder, 'func.yaml'), funcYaml(plan, projectNames)],
    [yaml, manifest(plan, projectNames)]
  ])
  await mkdir(join(projectDirectory, folder))
  for (const [file, text] of written) await writeFile(join(projectDirectory, file), text)
  const withTopics: (string | undefined)[] = []
  for (const one of topics) withTopics.push(await addTopic(projectDirectory, one, projectNames))
  const changed = [...withTopics, ...(await generate(projectDirectory))].filter(file => file !== undefined)
  return [
    'Made:',
    ...[...written.keys()].map(file => `  ${file}`),
    'Brought up to date:',
    ...[...new Set(changed)].map(file => `  ${file}`),
    'Fill in:',
    ...toFillIn(plan).map(line => `  ${line}`),
    'Try it:',
    `  npx vitest run --config infra/test/vitest.config.ts --project unit ${folder}`,
    '  npm run dev              (a running stack picks the function up)'
  ]
}

function toFillIn({ name, kind, isNewType }: FunctionPlan): string[] {
  const folder = `functions/${name}`
  return [
    ...(isNewType ? [`${folder}/event.ts      what the event's data holds`] : []),
    `${folder}/handler.ts    what the function does`,
    ...(kind === 'plain' ? [] : [`${folder}/index.ts      the tables that it reads and writes; then npm run generate`]),
    ...(kind === 'command'
      ? ['infra/gateway/gateway.yaml and roles.yaml, if people outside of the cluster may call it']
      : [])
  ]
}

/** Returns the file, when the topic was not in it. */
async function addTopic(
  projectDirectory: string,
  topic: string,
  projectNames: ProjectNames
): Promise<string | undefined> {
  const file = 'infra/kafka/topics.yaml'
  const path = join(projectDirectory, file)
  const text = await readFile(path, 'utf8')
  if (new RegExp(`^ {2}topicName: ${topic}$`, 'm').test(text)) return undefined
  await writeFile(path, `${text.trimEnd()}\n---\n${topicYaml(topic, projectNames)}`)
  return file
}

/** In a process of its own: this one has the declarations of before in its module cache. */
async function generate(projectDirectory: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(projectDirectory, 'infra/derived/main.ts')])
  return stdout.split('\n').filter(line => line.includes('/') || line.endsWith('.yaml'))
}
