import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fromWhereTheUserIs, readSettings } from './arguments.ts'

test('a wrong value is quoted', () => {
  expect(readSettings(['a.yaml'], { resolve: ['0', 'shop/orders=nowhere'], sink: 'x' }, {})).toEqual({
    problems: [
      '--resolve: "0" must be NAMESPACE/NAME=URL',
      '--resolve: "shop/orders=nowhere" must be NAMESPACE/NAME=URL',
      '--sink: "x" must be a URL, http or https'
    ]
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
