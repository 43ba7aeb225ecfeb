// `kafka TOOL [ARGUMENTS]`: Kafka's own command line tools, from the jars of the local stack, on its brokers.
//
//   kafka topics --describe --topic order_create
//   kafka consumer-groups --describe --group on-order-create
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import { called } from '../called.ts'
import { readEndpoints } from '../endpoints.ts'
import { fetchJars } from '../parts/jars.ts'
import { findJava } from '../parts/java.ts'
import { createCommand, exits, exitStatus, printError, UsageError } from './command-line.ts'
import { isKafkaTool, kafkaTools, takeState } from './kafka-tools.ts'
import { stateDirectoryOf, stateFlag } from './settings.ts'

export function kafkaCommand(name: string): Command {
  return createCommand(name)
    .description("Kafka's own command line tools, on the brokers of the running stack.")
    .addArgument(new Argument('<tool>', "as in Kafka's bin directory, without kafka-").choices(Object.keys(kafkaTools)))
    .argument('[arguments...]', `the tool's own; ${called('kafka TOOL --help')} lists them`)
    .option(...stateFlag)
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  ${called('kafka topics --describe --topic order_create')}
  ${called('kafka consumer-groups --describe --group on-order-create')}
Exit status: the tool's own, 1 failed, 2 wrong usage.`
    )
    .action(exits(run))
}

async function run(tool: string, given: readonly string[], options: { readonly state?: string }): Promise<number> {
  if (!isKafkaTool(tool)) throw new UsageError(`there is no tool ${tool}`)
  const { main, brokersFlag } = kafkaTools[tool]
  const { args, state = options.state } = takeState(tool, given)
  const isAddressed = brokersFlag === undefined || args.includes(brokersFlag) || args.includes('--help')
  const brokers = isAddressed ? [] : [brokersFlag, await bootstrapOf(stateDirectoryOf(state, process.env))]
  const java = await findJava()
  const jars = await fetchJars(java, printError)
  const logging = `-Dlog4j2.configurationFile=${resolve(import.meta.dirname, '../java/tools-log4j2.properties')}`
  const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', logging, '-cp', jars.kafkaClassPath]
  const child = spawn(java.command, [...jvm, main, ...brokers, ...args], { stdio: 'inherit' })
  process.on('SIGINT', () => undefined) // the terminal sends it to the tool too, which ends by it
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  return signal === 'SIGINT' ? exitStatus.interrupted : (code ?? exitStatus.failed)
}

async function bootstrapOf(stateDirectory: string): Promise<string> {
  const endpoints = await readEndpoints(stateDirectory)
  if (endpoints?.kafka) return endpoints.kafka.bootstrap
  if (endpoints) throw new Error(`The stack of ${stateDirectory} has no Kafka: nothing in its YAML uses it.`)
  throw new Error(
    `Nothing runs on ${stateDirectory}. Start it with ${called('dev')}, or name brokers with --bootstrap-server.`
  )
}
