import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfiguration } from './configuration.ts'

test('without the file the YAML of the folder is read, and Services have no program', async () => {
  const directory = await folder()
  expect(await readConfiguration(directory)).toEqual({ directory, manifests: ['.'], services: {} })
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
  ['{ "services": ', /^knative-local\.json: .*JSON/],
  [{ service: {} }, 'unknown field "service"; did you mean "services"?'],
  [{ manifests: ['nowhere'] }, 'manifests: there is no nowhere'],
  [{ manifests: [] }, 'manifests: must name a file or a folder'],
  [{ services: { a: 'server.ts' } }, 'services.a: must be an object with an entry or a command'],
  [{ services: { a: {} } }, 'services.a: name an entry ("server.ts") or a command (["python3", "app.py"])'],
  [{ services: { a: { entri: 'server.ts' } } }, 'services.a: unknown field "entri"; did you mean "entry"?'],
  [{ services: { a: { entry: 'server.ts', command: ['x'] } } }, 'services.a: name an entry or a command, not both'],
  [{ services: { a: { entry: 'absent.ts' } } }, 'services.a: there is no absent.ts'],
  [
    { services: { a: { command: 'python3 app.py' } } },
    'services.a: command: must be a list of words: ["python3", "app.py"]'
  ],
  [{ services: { a: { command: ['x'], env: { PORT: 1 } } } }, /services\.a: env\.PORT: .*expected string/]
])('%j is refused with a reason', async (content, reason) => {
  const expected = typeof reason === 'string' ? `knative-local.json: ${reason}` : reason
  await expect(readConfiguration(await folder(content))).rejects.toThrow(expected)
})

test('all that is wrong is reported at once', async () => {
  const wrong = { manifests: ['nowhere'], services: { a: {}, b: { entry: 'absent.ts' } } }
  await expect(readConfiguration(await folder(wrong))).rejects.toThrow(/nowhere\n.*services\.a.*\n.*services\.b/)
})

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
