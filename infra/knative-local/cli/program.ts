// The commands of the package. What one needs is loaded when it runs.
import type { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { defineCheck } from './check.ts'
import { createCommand, runCommand } from './command-line.ts'
import { dataplaneCommand } from './dataplane-command.ts'
import { kafkaCommand } from './kafka-command.ts'
import { devCommand, settingsFrom } from './settings.ts'
import { stackCommands } from './stack-commands.ts'

const program = createCommand('knative-local')
  .version(packageVersion(), '-V, --version', 'print the version')
  .description('Runs Knative, Strimzi and CloudNativePG YAML on one machine, without Docker or Kubernetes.')
  .enablePositionalOptions() // what follows `kafka TOOL` is the tool's
const dataplane = dataplaneCommand(
  'dataplane',
  async settings => (await import('./run-data-plane.ts')).runDataPlane(settings),
  process.env
)
const dev = devCommand('dev')
  .description('runs Services, and the parts that the YAML of this folder asks for; knative-local.json says more')
  .action(async (_options: object, self: Command) => {
    const settings = settingsFrom(self.opts(), process.env)
    const project = await configuration()
    const { runStack } = await import('./dev.ts')
    await runStack(project, settings)
  })
for (const command of [
  dev,
  dataplane,
  defineCheck(async () => ({ paths: (await configuration()).manifests, complete: false })),
  ...stackCommands(),
  kafkaCommand('kafka')
]) {
  program.addCommand(command)
}
await runCommand(program)

async function configuration() {
  const { readConfiguration } = await import('../configuration.ts')
  return readConfiguration(process.cwd())
}

function packageVersion(): string {
  const file = findPackageJSON(import.meta.url)
  const { version } = JSON.parse(readFileSync(file ?? '', 'utf8')) as { version: string }
  return version
}
