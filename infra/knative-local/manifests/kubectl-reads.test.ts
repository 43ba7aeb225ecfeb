// What kubectl reads is read, and what it refuses is refused: files of several kinds and encodings, one small input each.
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { loadPlan } from './load-plan.ts'
import { decodeManifest } from './manifest-text.ts'
import { parseManifest } from './manifest-document.ts'
import { formatProblems } from './problem.ts'

const head = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n'

test.for([
  ["data:\n  d: 'one\n  two'\n", { d: 'one two' }],
  ['data:\n  d: "one\n  two"\n  e: "x\n  y"\n', { d: 'one two', e: 'x y' }],
  ["data: 'one\ntwo'\n", 'one two'],
  ["data:\n  d: 'it''s\n  two # no comment'\n  e: f\n", { d: "it's two # no comment", e: 'f' }],
  ['data: [1,\n2]\n', [1, 2]],
  ['data: {b: 1,\nc: "x\ny"}\n', { b: 1, c: 'x y' }],
  ['data: a\n  \t\nimmutable: true\n', 'a'],
  ['data:\n  a: |\n    x\n    \ty\n', { a: 'x\n\ty\n' }],
  ['data:\ta\n', 'a'],
  ['data:\n  a\n  \tb\n', 'a b'],
  ['data: "x"#c\n', 'x'],
  ['data: 1\n---#c\n', 1],
  ['data: 1\n...\n[[ never read\n', 1],
  ['data: { a: 1, a: 2 }\n', { a: 2 }, /^warning the key a stands twice; kubectl takes the last/],
  ['x: &x { a: 1, b: 1 }\ndata: { a: 2, <<: *x, b: 3 }\n', { a: 1, b: 3 }],
  ['data: b\t# c\n', 'b']
] as const)('kubectl takes %j', async ([text, expected, warning]) => {
  const { documents, problems } = parseManifest('a.yaml', head + text)
  expect(problems.map(({ level, message }) => `${level} ${message}`).join()).toMatch(warning ?? /^$/)
  expect(documents[0]?.value).toMatchObject({ data: expected })
  expect(await kubectlParses(head + text)).toBe(true)
})

test.for([
  'data: { a: 1 }\n\t\nimmutable: true\n',
  'data: { a: 1 }\n  \t\nimmutable: true\n',
  'data:\n  a: b\n\t# c\n',
  'data:\n  a: |\n    x\n\t\n    y\n',
  'data: *rep\n',
  'data: b: c\n',
  'data: "\\q"\n',
  'data: "\\ud83d\\ude00"\n',
  'data:\n  -\ta\n',
  'data: &a.b 1\n',
  'data: .inf\n',
  'data: !!int x\n',
  'data: { ? [a] : b }\n',
  'data: { ~: b }\n',
  'data: a\u0007\n',
  '--- { a: b }\n',
  '-----BEGIN CERTIFICATE-----\n',
  '---\n%YAML 1.2\n---\na: b\n'
])('kubectl refuses %j', async text => {
  const { problems } = parseManifest('a.yaml', head + text)
  expect(problems[0]).toMatchObject({ level: 'error', message: expect.stringContaining('this is not valid YAML') })
  expect(problems[0]?.origin.line).toBeGreaterThan(3)
  expect(await kubectlParses(head + text)).toBe(false)
})

test('unquoted values are what kubectl makes of them', async () => {
  const values =
    '0o17 017 08 0x1F 0b11 -0o17 1_000 0_x3 2e_0 1e3 1.e3 .5 .5_ 1e400 e5 E2 . +. -. ._ .e1 1:30 2026-01-01 yes On y n NO True ~ null 18446744073709551616 1.0 -0 !!binary&aGVsbG8= !!float&3 !!str&1'
  const text = `${head}data:\n${values
    .split(' ')
    .map(value => `  - ${value.replace('&', ' ')}\n`)
    .join('')}`
  const { documents, problems } = parseManifest('a.yaml', text)
  expect(formatProblems(problems)).toBe('')
  const args = ['label', '--local', '-o', 'json', '-f', await file('a.yaml', text), 'a=b']
  const { stdout } = await promisify(execFile)('kubectl', args)
  expect(documents[0]?.value).toMatchObject({ data: JSON.parse(stdout).data })
})

test('what a document holds keeps its line behind other documents', () => {
  const { documents, problems } = parseManifest('a.yaml', `\n# c\n--- # c\n${head}---\n\uFEFF${head}data: 1\n--- x\n`)
  expect(documents.map(({ locate }) => locate(['data']).line)).toEqual([4, 11])
  expect(formatProblems(problems)).toContain('a.yaml:12 error this is not valid YAML: "--- x" starts with ---')
})

test('a large file is read in time, and one that no API server takes is refused', () => {
  const many = parseManifest('a.yaml', `${head}---\n`.repeat(10_000))
  expect(many.documents).toHaveLength(10_000)
  const { problems } = parseManifest('a.yaml', `${head}data: ${'x'.repeat(4 * 2 ** 20)}\n`)
  expect(formatProblems(problems)).toContain('a.yaml:1 error this document is larger than 3 MiB')
})

test.for([`${head}data: ${'['.repeat(5000)}${']'.repeat(5000)}\n`, `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`])(
  'what is nested too deeply is one error',
  text => {
    const { problems } = parseManifest('a.yaml', text)
    expect(problems).toMatchObject([{ level: 'error', message: 'this is nested too deeply to be read' }])
  }
)

test('a package.json beside manifests is none of them', async () => {
  const path = await file('package.json', '{ "name": "a", "version": "1.0.0" }')
  await writeFile(join(dirname(path), 'a.yaml'), head)
  const { problems, plan } = await loadPlan([dirname(path)])
  expect(formatProblems(problems)).toBe('')
  expect(plan?.objects).toHaveLength(1)
})

test('a text that needs more room keeps the lines of what follows', () => {
  const { documents } = parseManifest('a.yaml', `${head}data:\n  d: 'one\n  two'\n  e: f\n`)
  expect(documents[0]?.locate(['data', 'e'])).toEqual({ file: 'a.yaml', line: 7 })
})

test('JSON objects in a row, and Lists of any kind', async () => {
  const object = (name: string) => `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "${name}"}}`
  const { plan, problems } = await loadPlan([
    await file('a.json', `${object('a')}\n${object('b')}${object('c')}`),
    await file('list.json', `{"apiVersion": "v1", "kind": "SecretList", "items": [${object('d')}]}`)
  ])
  expect(formatProblems(problems)).toBe('')
  expect(plan?.objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd'])
  expect(plan?.objects[1]?.origin.line).toBe(2)
})

test('UTF-16 and UTF-8 with a byte order mark', () => {
  const text = 'name: größe\n'
  const little = Buffer.from(`\uFEFF${text}`, 'utf16le')
  expect(decodeManifest(little)).toBe(text)
  expect(decodeManifest(Buffer.from(little).swap16())).toBe(text)
  expect(decodeManifest(Buffer.from(`\uFEFF${text}`))).toBe(text)
})

test('standard input, as -', () => {
  const script = `import { loadPlan } from ${JSON.stringify(join(import.meta.dirname, 'load-plan.ts'))}
const { plan, problems } = await loadPlan(['-'])
console.log(plan?.objects[0].metadata.name, problems.length)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    input: head,
    encoding: 'utf8'
  })
  expect(stdout).toBe('a 0\n')
})

test.for([
  [
    'a template of Helm',
    `${head}data:\n  a: {{ .Values.a }}\n  b: {{ .Values.b }}\n`,
    'a.yaml:5 error this is a template'
  ],
  ['a template around objects', `{{- if .Values.on }}\n${head}{{- end }}\n`, 'a.yaml:1 error this is a template'],
  [
    'a template in quotes',
    'apiVersion: sources.knative.dev/v1\nkind: KafkaSource\nmetadata: { name: "{{ .Release.Name }}" }\nspec: { topics: ["{{ .t }}"] }\n',
    'a.yaml:3 error this is a template'
  ],
  [
    "OpenShift's Template",
    'apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: { name: t }\nobjects: [{ apiVersion: v1, kind: Secret }]\n',
    'a.yaml:2 error kind: an OpenShift Template makes objects'
  ],
  ['a template of Jinja', '{% if on %}\na: b\n{% endif %}\n', 'a.yaml:1 error this is a template, not YAML: {% ... %}'],
  ['a template of ERB', `${head}data: <%= a %>: b\n`, 'a.yaml:4 error this is a template, not YAML: <% ... %>'],
  [
    'a variable of envsubst',
    'apiVersion: v1\nkind: Secret\nmetadata: { name: "${NAME}" }\n',
    'a.yaml:3 error this is a template, not YAML: ${...} has still to be filled in. Run what fills it, such as envsubst'
  ],
  [
    'bytes that are no text',
    `${head}data: caf\uFFFD\n`,
    'a.yaml:4 error this is not valid YAML: it holds bytes that are not UTF-8'
  ],
  ['an alias without an anchor', `${head}data: *rep\n`, 'a.yaml:4 error this is not valid YAML: *rep names no anchor'],
  [
    'a misspelt document beside a good one',
    `${head}---\napiversion: v1\nKind: Secret\nmetadata: { name: b }\n`,
    'a.yaml:5 error apiversion: missing field apiVersion; did you mean "apiVersion" by "apiversion"?'
  ],
  [
    'a document without a kind beside a good one',
    `${head}---\nreplicas: 1\n`,
    'a.yaml:5 error this document has neither'
  ],
  ['a file without an object', 'replicas: 1\n', 'a.yaml:1 error holds no Kubernetes object'],
  [
    'a generated name',
    'apiVersion: v1\nkind: Secret\nmetadata: { generateName: a- }\n',
    'a.yaml:3 error metadata.generateName: kubectl apply needs metadata.name'
  ],
  [
    'an API group that Knative no longer has',
    'apiVersion: sources.eventing.knative.dev/v1alpha1\nkind: KafkaSource\nmetadata: { name: a }\n',
    'a.yaml:1 error apiVersion: no matches for kind "KafkaSource" in version "sources.eventing.knative.dev/v1alpha1"; write sources.knative.dev/v1'
  ],
  [
    'a kind of Knative among those of Kubernetes',
    'apiVersion: v1\nkind: KafkaSource\nmetadata: { name: a }\n',
    'a.yaml:1 error apiVersion: no matches for kind "KafkaSource" in version "v1"; write sources.knative.dev/v1'
  ],
  [
    'a misspelt kind of Kubernetes',
    'apiVersion: v1\nkind: ConfigMpa\nmetadata: { name: a }\n',
    'a.yaml:2 error kind: no matches for kind "ConfigMpa" in version "v1"; did you mean ConfigMap?'
  ],
  [
    'a version that Kubernetes no longer serves',
    'apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: { name: a }\n',
    'a.yaml:1 error apiVersion: no matches for kind "Deployment" in version "extensions/v1beta1"; write apps/v1'
  ],
  [
    'a kind of Strimzi without spec',
    'apiVersion: kafka.strimzi.io/v1\nkind: KafkaUser\nmetadata: { name: a }\n',
    'a.yaml:1 error spec: missing field'
  ],
  [
    'an item of a List that is no object',
    'apiVersion: v1\nkind: List\nitems: [3]\n',
    'a.yaml:3 error missing field apiVersion'
  ],
  ['a List without items', 'apiVersion: v1\nkind: List\n', 'a.yaml:1 error holds no Kubernetes object'],
  ['a kind that is nothing', 'apiVersion: v1\nkind:\nmetadata: { name: a }\n', 'a.yaml:1 error missing field kind'],
  [
    "OpenShift's older Template",
    'apiVersion: v1\nkind: Template\nmetadata: { name: t }\nobjects: []\n',
    'a.yaml:2 error kind: an OpenShift Template'
  ],
  [
    'a Broker of another class, whose config is its own matter',
    'apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: { name: b, annotations: { eventing.knative.dev/broker.class: RabbitMQBroker } }\nspec: { config: { apiVersion: rabbitmq.com/v1, kind: RabbitmqCluster, name: r } }\n',
    'a.yaml:3 error metadata.annotations[eventing.knative.dev/broker.class]: RabbitMQBroker is not supported here; use Kafka'
  ],
  [
    'another one',
    'apiVersion: bindings.knative.dev/v1\nkind: KafkaBinding\nmetadata: { name: a }\n',
    'a.yaml:1 error apiVersion: no matches for kind "KafkaBinding" in version "bindings.knative.dev/v1"'
  ]
] as const)('%s is one clear error', async ([, text, expected]) => {
  const path = await file('a.yaml', text)
  const { problems, plan } = await loadPlan([path])
  expect(plan).toBeUndefined()
  const printed = formatProblems(problems).replaceAll(path, 'a.yaml')
  expect(printed.split('\n')[0]).toContain(expected)
  expect(printed.match(/this is a template/g)?.length ?? 1).toBe(1)
})

test("another maker's KafkaSource is kept, and said to be not Knative's", async () => {
  const text = 'apiVersion: camel.apache.org/v1\nkind: KafkaSource\nmetadata: { name: a }\n'
  const { problems } = await loadPlan([await file('a.yaml', text)])
  expect(problems).toMatchObject([
    { level: 'warning', message: expect.stringContaining("is not Knative's, and is not run here") }
  ])
})

test('names of roles may hold colons and capitals, and an object that is only kept may be there twice', async () => {
  const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: "System:reader" }\n'
  const { problems, plan } = await loadPlan([await file('a.yaml', `${role}---\n${role}`)])
  expect(formatProblems(problems)).toBe('')
  expect(plan?.objects).toHaveLength(2)
})

async function file(name: string, text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'reads-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, name), text)
  return join(directory, name)
}

/** Without a cluster kubectl gets no further than parsing, which is what is asked here. */
async function kubectlParses(text: string): Promise<boolean> {
  const path = await file('a.yaml', text)
  const args = ['create', '--dry-run=client', '--validate=false', '--server=http://127.0.0.1:1', '-f', path]
  const { stderr } = await promisify(execFile)('kubectl', args).catch((error: { stderr: string }) => error)
  return !stderr.includes('error parsing')
}
