import { resolve } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { defaultPortBase, parseSettings } from './settings.ts'

test('without flags the state is in .local and the ports begin at the documented base', () => {
  expect(parseSettings([], {})).toEqual({
    clean: false,
    stateDirectory: resolve('.local'),
    portBase: defaultPortBase,
    typecheck: true
  })
})

test('flags win over the environment', () => {
  const env = { LOCAL_STATE: '/from/env', LOCAL_PORT_BASE: '9000' }
  expect(parseSettings([], env)).toMatchObject({ stateDirectory: '/from/env', portBase: 9_000 })
  const flags = ['--state', '/from/flag', '--port-base', '9100', '--clean']
  expect(parseSettings(flags, env)).toMatchObject({ clean: true, stateDirectory: '/from/flag', portBase: 9_100 })
})

test('a function is inspected and types are left alone when that is asked for', () => {
  expect(parseSettings(['--inspect', 'createOrder', '--no-typecheck'], {})).toMatchObject({
    inspect: 'createOrder',
    typecheck: false
  })
})

test('the YAML may be a copy elsewhere', () => {
  expect(parseSettings(['--manifests', '/tmp/copy'], {})).toMatchObject({ manifestRoot: '/tmp/copy' })
})

test('--help prints the flags', () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  onTestFinished(() => write.mockRestore())
  expect(parseSettings(['--help'], {})).toBe('help')
  expect(String(write.mock.calls)).toContain('--port-base <n>')
})

test('every wrong value is reported at once', () => {
  const wrong = () => parseSettings(['--port-base', 'x', '--state', '', '--manifests', ''], {})
  expect(wrong).toThrow(/--port-base must be a number/)
  expect(wrong).toThrow(/--state needs a folder/)
  expect(wrong).toThrow(/--manifests needs a folder/)
})

test.each([
  [['--cleen'], "unknown option '--cleen'\n(Did you mean --clean?)\n"],
  [['bar'], 'too many arguments. Expected 0 arguments but got 1: bar.\n'],
  [['--state'], "option '--state <dir>' argument missing\n"]
])('%s is wrong usage, said alone', (args, message) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => write.mockRestore())
  expect(() => parseSettings(args, {})).toThrow(/\w/)
  expect(write.mock.calls.flat().join('')).toBe(message)
})

test.each(['80', '60000', '9000.5'])('%s is no port base', base => {
  expect(() => parseSettings(['--port-base', base], {})).toThrow(/--port-base|expected int/)
})
