import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../until.ts'
import { followPlan } from './follow-plan.ts'
import { loadPlan } from './load-plan.ts'

const silenceMs = 400

test('what a kustomization lists elsewhere is followed, and its neighbours are not', async () => {
  const { root, plans, reports, edit } = await follow(['overlay'], {
    'overlay/kustomization.yaml': 'resources: [../base/topic.yaml]',
    'base/topic.yaml': topic('one', 1)
  })
  await edit('base/topic.yaml', topic('one', 2))
  expect(plans.at(-1)).toEqual({ one: 2 })
  await write(root, 'base/neighbour.yaml', topic('two', 1))
  await write(root, 'overlay/neighbour.yaml', topic('three', 1))
  await sleep(silenceMs)
  expect(plans).toHaveLength(1)

  await edit('overlay/kustomization.yaml', 'resources: [../base/topic.yaml, ../base/neighbour.yaml]')
  expect(plans.at(-1)).toEqual({ one: 2, two: 1 })
  await edit('base/neighbour.yaml', topic('two', 5))
  expect(plans.at(-1)).toEqual({ one: 2, two: 5 })
  expect(reports.filter(text => !/is not in or below|^KafkaTopic default/.test(text))).toEqual([])
})

test('a log that is written into the folder of the YAML is no edit', async () => {
  const { root, plans, reports } = await follow(['x'], { 'x/s.yaml': topic('one', 1) })
  for (let line = 0; line < 20; line++) {
    await appendFile(join(root, 'x/dp.log'), 'a line\n')
    await sleep(20)
  }
  await sleep(silenceMs)
  expect(plans).toEqual([])
  expect(reports).toEqual([])
})

test('in a folder without a kustomization a file that is added or deleted counts', async () => {
  const { root, plans, edit } = await follow(['x'], { 'x/s.yaml': topic('one', 1) })
  await edit('x/t.yaml', topic('two', 1))
  expect(plans.at(-1)).toEqual({ one: 1, two: 1 })
  await rm(join(root, 'x/t.yaml'))
  await until('the deletion', 10_000, async () => plans.length === 2)
  expect(plans.at(-1)).toEqual({ one: 1 })
})

test('a warning is printed once for each change of its file, and an edit that is replaced by rename is taken each time', async () => {
  const { root, plans, reports, edit } = await follow(['x'], {
    'x/warns.yaml': topic('one', 1).replace('replicas: 1', ''),
    'x/other.yaml': topic('two', 1)
  })
  const warnings = () => reports.filter(text => text.includes('spec.replicas')).length
  for (const partitions of [2, 3, 4]) {
    await promisify(execFile)('sed', [
      '-i',
      `s/partitions: [0-9]*/partitions: ${partitions}/`,
      join(root, 'x/other.yaml')
    ])
    await until('the edit', 10_000, async () => plans.at(-1)?.two === partitions)
  }
  expect(warnings()).toBe(0)
  await edit('x/warns.yaml', topic('one', 2).replace('replicas: 1', ''))
  expect(warnings()).toBe(1)
  await edit('x/warns.yaml', topic('one', 3).replace('replicas: 1', ''))
  expect(warnings()).toBe(2)
})

test('a broken edit changes nothing, and a file that is listed before it exists is taken when it comes', async () => {
  const { root, plans, reports, edit } = await follow(['x'], {
    'x/kustomization.yaml': 'resources: [topic.yaml]',
    'x/topic.yaml': topic('one', 1)
  })
  await write(root, 'x/kustomization.yaml', 'resources: [topic.yaml, later.yaml]')
  await until('the refusal', 10_000, async () => reports.join('\n').includes('later.yaml does not exist'))
  expect(plans).toEqual([])
  await edit('x/later.yaml', topic('two', 1))
  expect(plans).toEqual([{ one: 1, two: 1 }])
})

test('what an edit changed is named, and that an edit taken back changes nothing', async () => {
  const { root, reports, edit } = await follow(['x'], { 'x/a.yaml': topic('one', 1), 'x/b.yaml': topic('two', 1) })
  await edit('x/a.yaml', `${topic('one', 2)}---\n${topic('three', 1)}`)
  expect(reports.at(-1)).toBe('KafkaTopic default/one changed, KafkaTopic default/three added')
  await rm(join(root, 'x/b.yaml'))
  await until('the deletion', 10_000, async () => reports.at(-1) === 'KafkaTopic default/two removed')
  const good = `# moved by a line\n${topic('one', 2)}---\n${topic('three', 1)}`
  await write(root, 'x/a.yaml', good.replace('spec:', 'spec'))
  await until('the refusal', 10_000, async () => reports.at(-1)?.startsWith('The edit is not taken') === true)
  await write(root, 'x/a.yaml', good)
  await until('the answer', 10_000, async () => reports.at(-1) === 'The files are right again; nothing changes.')
})

test('other paths are read when the options say so', async () => {
  const root = await folder({ 'x/a.yaml': topic('one', 1), 'y/b.yaml': topic('two', 1), 'which.json': '"x"' })
  const which = join(root, 'which.json')
  let paths = [join(root, 'x')]
  const plans: string[] = []
  const followed = await followPlan({
    paths: () => paths,
    loaded: await load(paths),
    otherFiles: [which],
    options: async () => {
      paths = [join(root, JSON.parse(await readFile(which, 'utf8')) as string)]
      return {}
    },
    apply: async ({ kafkaTopics }) => void plans.push(kafkaTopics.map(({ topic: name }) => name).join()),
    report: () => {}
  })
  onTestFinished(followed.close)
  await writeFile(which, '"y"')
  await until('the other folder', 10_000, async () => plans.at(-1) === 'two')
  await write(root, 'y/b.yaml', topic('three', 1))
  await until('an edit there', 10_000, async () => plans.at(-1) === 'three')
  expect(plans).toEqual(['two', 'three'])
})

test('what was edited between the reading and the watching is taken', async () => {
  const root = await folder({ 'x/s.yaml': topic('one', 1) })
  const loaded = await load([join(root, 'x')])
  await write(root, 'x/s.yaml', topic('one', 7))
  const { plans } = await followLoaded([join(root, 'x')], loaded)
  await until('the edit', 10_000, async () => plans.length > 0)
  expect(plans).toEqual([{ one: 7 }])
})

async function follow(names: readonly string[], files: Readonly<Record<string, string>>) {
  const root = await folder(files)
  const paths = names.map(name => join(root, name))
  const { plans, reports } = await followLoaded(paths, await load(paths))
  const edit = async (name: string, text: string): Promise<void> => {
    const seen = plans.length
    await write(root, name, text)
    await until(`the edit of ${name}`, 10_000, async () => plans.length > seen)
  }
  return { root, plans, reports, edit }
}

async function load(paths: readonly string[]) {
  const { plan, ...read } = await loadPlan(paths)
  if (!plan) throw new Error('the YAML of this test has errors')
  return { ...read, plan }
}

async function followLoaded(paths: readonly string[], loaded: Awaited<ReturnType<typeof load>>) {
  const plans: Record<string, number>[] = []
  const reports: string[] = []
  const followed = await followPlan({
    paths: () => paths,
    loaded,
    options: async () => ({}),
    apply: async ({ kafkaTopics }) =>
      void plans.push(Object.fromEntries(kafkaTopics.map(({ topic: name, partitions }) => [name, partitions]))),
    report: text => void reports.push(text)
  })
  onTestFinished(followed.close)
  return { plans, reports }
}

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'follow-plan-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await write(root, name, text)
  return root
}

/** As an editor saves: at no moment is the file empty. */
async function write(root: string, name: string, text: string): Promise<void> {
  const file = join(root, name)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

function topic(name: string, partitions: number): string {
  return `apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata: { name: ${name}, labels: { strimzi.io/cluster: test } }
spec:
  partitions: ${partitions}
  replicas: 1
`
}
