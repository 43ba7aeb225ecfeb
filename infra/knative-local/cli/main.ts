#!/usr/bin/env node
// The program of the package. What a command needs is loaded when it runs.
import { defineCheck } from './check.ts'
import { createCommand, runCommand } from './command-line.ts'
import { dataplaneCommand } from './dataplane-command.ts'
import { kafkaCommand } from './kafka-command.ts'
import { ignoreNegativeTimeouts } from './quiet-warnings.ts'
import { stackCommands } from './stack-commands.ts'

ignoreNegativeTimeouts()

const program = createCommand('knative-local')
  .description('Runs Knative, Strimzi and CloudNativePG YAML on one machine, without Docker or Kubernetes.')
  .enablePositionalOptions() // what follows `kafka TOOL` is the tool's
const dataplane = dataplaneCommand(
  'dataplane',
  async settings => (await import('./run-data-plane.ts')).runDataPlane(settings),
  process.env
)
for (const command of [
  dataplane,
  defineCheck(() => ({ paths: ['.'], complete: false })),
  ...stackCommands(),
  kafkaCommand('kafka')
]) {
  program.addCommand(command)
}
await runCommand(program)
