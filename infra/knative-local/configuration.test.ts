import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfiguration, unusedPrograms } from './configuration.ts'

test('without the file the YAML of the folder is read, and Services have no program', async () => {
  const directory = await folder()
  expect(await readConfiguration(directory)).toMatchObject({ directory, manifests: ['.'], services: {} })
})

test('Services run an entry or a command', async () => {
  const services = {
    display: { entry: 'server.ts', env: { LEVEL: 'debug' } },
    'shop/legacy': { command: ['python3', 'app.py'], directory: 'legacy', watch: ['src'] }
  }
  expect(await readConfiguration(await folder({ manifests: ['k8s'], services }))).toMatchObject({
    manifests: ['k8s'],
    services
  })
})

test.each([
  ['{ "services": ', ':1 error this is not JSON: Unexpected end of JSON input'],
  ['{\n  "services": {},\n}', ':3 error this is not JSON: Expected double-quoted property name'],
  [
    '{\n\t"manifests": ["."],\n\t"service": {}\n}',
    ':3 error service: unknown field "service"; did you mean "services"?'
  ],
  ['[]', /^knative-local\.json:1 error .*expected object/],
  ['{ "manifests": [\n".",\n"nowhere"] }', ':3 error manifests[1]: there is no nowhere'],
  ['{ "manifests": [] }', ':1 error manifests: must name a file or a folder'],
  [service('"server.ts"'), ':3 error services.a: must be an object with an entry or a command'],
  [service('{}'), ':3 error services.a: name an entry ("server.ts") or a command (["python3", "app.py"])'],
  [service('{\n"entri": "server.ts" }'), ':4 error services.a.entri: unknown field "entri"; did you mean "entry"?'],
  [service('{ "entry": "server.ts", "command": ["x"] }'), ':3 error services.a: name an entry or a command, not both'],
  [service('{\n"entry": "absent.ts" }'), ':4 error services.a.entry: there is no absent.ts'],
  [
    service('{\n"entry": "server.ts",\n"directory": "legacy" }'),
    ':4 error services.a.entry: there is no legacy/server.ts'
  ],
  [service('{ "command": ["x"],\n"directory": "absent" }'), ':4 error services.a.directory: there is no absent'],
  [
    service('{ "command": "python3 app.py" }'),
    ':3 error services.a.command: must be a list of words: ["python3", "app.py"]'
  ],
  [service('{ "command": ["x"], "env": {\n"PORT": 1 } }'), /:4 error services\.a\.env\.PORT: .*expected string/]
])('%j is refused with its line and a reason', async (content, reason) => {
  const expected = typeof reason === 'string' ? `knative-local.json${reason}` : reason
  await expect(readConfiguration(await folder(content))).rejects.toThrow(expected)
})

test('all that is wrong is reported at once', async () => {
  const wrong = { manifests: ['nowhere'], services: { a: {}, b: { entry: 'absent.ts' } } }
  await expect(readConfiguration(await folder(wrong))).rejects.toThrow(/nowhere\n.*services\.a.*\n.*services\.b/)
})

test('a file that is there and cannot be read is not passed over', async () => {
  const directory = await folder()
  await mkdir(join(directory, 'knative-local.json'))
  await expect(readConfiguration(directory)).rejects.toThrow('knative-local.json cannot be read: EISDIR')
})

test('a program for a Service that is not in the YAML is named, with what was probably meant', () => {
  const programs = { display: { entry: 'a.ts' }, 'shop/ordres': { entry: 'a.ts' } }
  const services = [
    { namespace: 'shop', name: 'display' },
    { namespace: 'shop', name: 'orders' }
  ]
  expect(unusedPrograms(programs, services)).toEqual([
    'knative-local.json: services.shop/ordres: the YAML has no Service of this name; did you mean "shop/orders"?'
  ])
})

/** With what is given on the third line. */
function service(given: string): string {
  return `{\n"services": {\n"a": ${given} } }`
}

async function folder(content?: unknown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'configuration-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  for (const name of ['k8s', 'legacy']) await mkdir(join(directory, name))
  await writeFile(join(directory, 'server.ts'), '')
  if (content !== undefined) {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    await writeFile(join(directory, 'knative-local.json'), text)
  }
  return directory
}
