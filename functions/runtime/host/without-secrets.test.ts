import { expect, test } from 'vitest'
import { withoutSecrets } from './without-secrets.ts'

test.each([
  ['connect to postgres://app:s3cr3t@db:5432/x failed', 'connect to postgres://***@db:5432/x failed'],
  ['redis://:s3cr3t@cache refused', 'redis://***@cache refused'],
  ['GET https://token:s3cr3t@example.com/a?x=1', 'GET https://***@example.com/a?x=1'],
  ['401 for Authorization: Bearer s3cr3t.abc-d', '401 for Authorization: *** ***'],
  ['sent {"password":"s3cr3t","user":"ada"}', 'sent {"password":***,"user":"ada"}'],
  ['https://example.com/?api_key=s3cr3t&page=2', 'https://example.com/?api_key=***&page=2'],
  ['client_secret=s3cr3t', 'client_secret=***'],
  ['no user has the id user-9', 'no user has the id user-9']
])('%s', (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown)
})
