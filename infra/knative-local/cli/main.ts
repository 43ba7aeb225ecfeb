#!/usr/bin/env node
// The program of the package. Only a Node that is new enough loads the rest: an older one would end at a module that it lacks.
import { refusalOfNode } from './refusal-of-node.ts'

const refusal = refusalOfNode(process.versions.node)
if (refusal === undefined) await import('./program.ts')
else {
  process.stderr.write(`${refusal}\n`)
  process.exitCode = 1
}
