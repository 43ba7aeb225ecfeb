import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileLike } from './like.ts'

test('matches as a regular expression of the same meaning does', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀'), maxLength: 8 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '\n'), maxLength: 6 })
  fc.assert(
    fc.property(text, pattern, (given, like) => {
      const asRegExp = new RegExp(`^${like.replaceAll('%', '.*').replaceAll('_', '.')}$`, 'u')
      expect(compileLike(like)(given)).toBe(asRegExp.test(given))
    })
  )
})

test('many wildcards over a long text that does not match end at once', () => {
  const beganAt = performance.now()
  expect(compileLike(`${'%a'.repeat(40)}%b`)('a'.repeat(20_000))).toBe(false)
  expect(performance.now() - beganAt).toBeLessThan(2_000)
})
