import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fromWhereTheUserIs, readElsewhere, readSettings } from './arguments.ts'

test('a wrong value is quoted', () => {
  expect(readSettings(['a.yaml'], { resolve: ['0', 'shop/orders=nowhere'], sink: 'x' }, {})).toEqual({
    problems: [
      '--resolve: "0" must be NAMESPACE/NAME=URL',
      '--resolve: "shop/orders=nowhere" must be NAMESPACE/NAME=URL',
      '--sink: "x" must be a URL, http or https'
    ]
  })
})

test('check takes the names of Secrets, with or without a place', () => {
  expect(readElsewhere({ secret: ['a/b', 'a/c=env:C_'] })).toMatchObject({ secrets: new Set(['a/b', 'a/c']) })
  expect(readElsewhere({ secret: ['a', 'a/b/c'] })).toEqual({
    problems: ['--secret: "a" must be NAMESPACE/NAME', '--secret: "a/b/c" must be NAMESPACE/NAME']
  })
})

test('the Kafka may be left to the YAML', () => {
  expect(readSettings(['a.yaml'], {}, {})).toMatchObject({ settings: { files: ['a.yaml'] } })
})

test('below npm a relative path counts from the folder that the user is in', () => {
  const below = { npm_package_json: join(process.cwd(), 'package.json'), INIT_CWD: join(process.cwd(), 'infra') }
  expect(fromWhereTheUserIs('a.yaml', below)).toBe(join('infra', 'a.yaml'))
  expect(fromWhereTheUserIs('..', below)).toBe('.')
  expect(fromWhereTheUserIs('/a.yaml', below)).toBe('/a.yaml')
  expect(fromWhereTheUserIs('-', below)).toBe('-')
  expect(fromWhereTheUserIs('a.yaml', { INIT_CWD: '/elsewhere' })).toBe('a.yaml')
})
