import { expect, test } from 'vitest'
import { parseArguments } from './arguments.ts'

test('options have defaults', () => {
  expect(parseArguments(['-f', 'knative', '--bootstrap', 'localhost:9092'], {})).toEqual({
    settings: {
      files: ['knative'],
      bootstrap: ['localhost:9092'],
      resolve: new Map(),
      'ingress-port': 8280,
      'sink-port': 8281,
      'status-port': 8282,
      'client-id': 'dataplane',
      json: false
    }
  })
})

test('several files, brokers and addresses', () => {
  const args = ['-f', 'a.yaml', 'b.yaml', '-f', 'c', '--bootstrap', 'a:1,b:2', '--resolve', 'ns/a=http://x:1/?y=z']
  expect(parseArguments(args, {})).toMatchObject({
    settings: {
      files: ['a.yaml', 'c', 'b.yaml'],
      bootstrap: ['a:1', 'b:2'],
      resolve: new Map([['ns/a', 'http://x:1/?y=z']])
    }
  })
})

test('the environment stands in for options, and options win', () => {
  const env = {
    DATAPLANE_FILES: 'knative:infra',
    KAFKA_BROKERS: 'a:1',
    DATAPLANE_RESOLVE: 'ns/a=http://x:1',
    DATAPLANE_INGRESS_PORT: '0',
    DATAPLANE_JSON: 'true'
  }
  expect(parseArguments(['--ingress-port', '5'], env)).toMatchObject({
    settings: { files: ['knative', 'infra'], bootstrap: ['a:1'], 'ingress-port': 5, json: true }
  })
})

test('all problems are told at once', () => {
  const args = ['--bootstrap', 'nowhere', '--resolve', 'a=b', '--sink-port', '70000', '--status-port', 'x']
  const parsed = parseArguments(args, {})
  const problems = 'problems' in parsed ? parsed.problems.join('\n') : ''
  for (const option of ['--file', '--bootstrap', '--resolve', '--sink-port', '--status-port']) {
    expect(problems).toContain(option)
  }
})

test('an unknown option is a problem', () => {
  expect(parseArguments(['--bootstrop', 'a:1'], {})).toMatchObject({
    problems: [expect.stringContaining('--bootstrop')]
  })
})

test('help is help', () => {
  expect(parseArguments(['--help'], {})).toEqual({ help: true })
})
