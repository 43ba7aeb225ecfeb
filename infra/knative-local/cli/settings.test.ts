import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectDirectory } from '../../bundle.ts'
import { defaultPortBase, parseSettings } from './settings.ts'

test('without flags the state is in .local and the ports begin at the documented base', () => {
  expect(parseSettings([], {})).toEqual({
    clean: false,
    stateDirectory: join(projectDirectory, '.local'),
    portBase: defaultPortBase,
    manifestRoot: projectDirectory
  })
})

test('flags win over the environment', () => {
  const env = { LOCAL_STATE: '/from/env', LOCAL_PORT_BASE: '9000' }
  expect(parseSettings([], env)).toMatchObject({ stateDirectory: '/from/env', portBase: 9_000 })
  const flags = ['--state', '/from/flag', '--port-base', '9100', '--clean']
  expect(parseSettings(flags, env)).toMatchObject({ clean: true, stateDirectory: '/from/flag', portBase: 9_100 })
})

test('the YAML may be a copy elsewhere', () => {
  expect(parseSettings(['--manifests', '/tmp/copy'], {})).toMatchObject({ manifestRoot: '/tmp/copy' })
})

test('--help asks for help', () => {
  expect(parseSettings(['--help'], {})).toBe('help')
})

test('all that is wrong is told at once', () => {
  const wrong = () => parseSettings(['--port-base', 'x', '--foo', 'bar', '--clean=no'], {})
  expect(wrong).toThrow(/bar is not understood/)
  expect(wrong).toThrow(/--port-base must be a number/)
  expect(wrong).toThrow(/--foo is not a flag/)
  expect(wrong).toThrow(/--clean takes no value/)
})

test.each(['80', '60000', '9000.5'])('%s is no port base', base => {
  expect(() => parseSettings(['--port-base', base], {})).toThrow(/--port-base|expected int/)
})
