import { relative } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { secretPlaces, type Settings } from '../dataplane/arguments.ts'
import { dataplaneCommand } from './dataplane-command.ts'

test('options have defaults', async () => {
  expect(await parse(['-f', 'knative', '--bootstrap', 'localhost:9092'], {})).toEqual({
    settings: {
      files: ['knative'],
      bootstrap: ['localhost:9092'],
      plaintext: false,
      secret: new Map(),
      resolve: new Map(),
      'ingress-port': 8280,
      'sink-port': 8281,
      'status-port': 8282,
      'client-id': 'dataplane',
      json: false,
      print: false
    }
  })
})

test('several files, brokers and addresses', async () => {
  const args = ['-f', 'a.yaml', 'b.yaml', '-f', 'c', '--bootstrap', 'a:1,b:2', '--resolve', 'ns/a=http://x:1/?y=z']
  expect(await parse(args, {})).toMatchObject({
    settings: {
      files: ['a.yaml', 'c', 'b.yaml'],
      bootstrap: ['a:1', 'b:2'],
      resolve: new Map([['ns/a', 'http://x:1/?y=z']])
    }
  })
})

test('the environment stands in for options, and options win', async () => {
  const env = {
    DATAPLANE_FILES: 'knative:infra',
    KAFKA_BROKERS: 'a:1',
    DATAPLANE_RESOLVE: 'ns/a=http://x:1',
    DATAPLANE_INGRESS_PORT: '0',
    DATAPLANE_JSON: 'true'
  }
  expect(await parse(['--ingress-port', '5'], env)).toMatchObject({
    settings: { files: ['knative', 'infra'], bootstrap: ['a:1'], 'ingress-port': 5, json: true }
  })
})

test('every wrong value is reported at once', async () => {
  const args = ['--bootstrap', 'nowhere', '--resolve', 'a=b', '--sink-port', '70000', '--status-port', 'x']
  const { problem } = await parse(args, {})
  for (const option of ['--file', '--bootstrap', '--resolve', '--sink-port', '--status-port']) {
    expect(problem).toContain(option)
  }
})

test('Secrets are folders, from where the user is, or variables', async () => {
  const env = { DATAPLANE_SECRETS: 'shop/b=dir,shop/c=env:KAFKA_C', DATAPLANE_FILES: 'a.yaml' }
  const { settings } = await parse([], env)
  const here = { INIT_CWD: '/tmp/user', npm_package_json: `${process.cwd()}/package.json` }
  expect(secretPlaces(settings?.secret ?? new Map(), here)).toEqual(
    new Map<string, object>([
      ['shop/b', { directory: relative(process.cwd(), '/tmp/user/dir') }],
      ['shop/c', { prefix: 'KAFKA_C' }]
    ])
  )
  for (const wrong of ['kafka=dir', 'shop/kafka', 'shop/kafka=', 'shop/kafka=env:', 'shop/kafka=env:A-B'])
    expect((await parse(['-f', 'a.yaml', '--secret', wrong], {})).problem).toMatch(
      /--secret: ".*" must be NAMESPACE\/NAME=DIR/
    )
})

test('an unknown option is a problem, with what was probably meant', async () => {
  expect(await parse(['--bootstrop', 'a:1'], {})).toEqual({
    problem: expect.stringMatching(/unknown option '--bootstrop'\n\(Did you mean --bootstrap\?\)/)
  })
})

async function parse(
  args: readonly string[],
  env: NodeJS.ProcessEnv
): Promise<{ settings?: Settings; problem?: string }> {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => void vi.restoreAllMocks())
  let settings: Settings | undefined
  const command = dataplaneCommand('dataplane', async given => void (settings = given), env)
  try {
    await command.parseAsync([...args], { from: 'user' })
    return { settings }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}
