import { expect, test } from 'vitest'
import { markdown } from './show.ts'

test('a report shows tables by column, figures to the right, and claims that hold or fail', () => {
  const page = markdown({
    scenario: 'lag',
    sentence: 'How far a group is.',
    short: false,
    holds: false,
    seconds: 3,
    claims: [],
    facts: {},
    problems: ['topic t was not undone: the broker is away'],
    steps: [
      {
        heading: 'Two partitions',
        entries: [
          {
            kind: 'table',
            rows: [
              { TOPIC: 'orders', LAG: 12_345, OWNER: null },
              { TOPIC: 'o', LAG: 7, OWNER: 'a' }
            ]
          },
          { kind: 'claim', claim: 'nothing lags', holds: false, seen: '12,352 records' },
          { kind: 'claim', claim: 'all is owned', holds: true, seen: '1 of 1' }
        ]
      }
    ]
  })
  expect(page).toBe(`## lag

How far a group is. \`npm run scenario -- lag\`

\`\`\`
Two partitions

  TOPIC       LAG   OWNER
  orders   12,345   -
  o             7   a

FAILS  nothing lags: 12,352 records
HOLDS  all is owned: 1 of 1
topic t was not undone: the broker is away
3 s
\`\`\`
`)
})
