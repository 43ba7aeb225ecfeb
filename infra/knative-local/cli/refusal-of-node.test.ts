import { expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { oldestNode, refusalOfNode } from './refusal-of-node.ts'

test('a Node that is too old is named, and what it takes', () => {
  expect(packageJson.engines.node).toBe(`>=${oldestNode}`)
  for (const version of ['22.22.0', '22.23.1', '24.0.0', '100.1.0']) expect(refusalOfNode(version)).toBeUndefined()
  for (const version of ['18.20.0', '20.20.2', '22.9.0', '22.21.9']) {
    expect(refusalOfNode(version)).toContain(`needs Node ${oldestNode} or newer, and this is ${version}`)
  }
})
