// `npm run new -- function NAME`: a function's folder and YAML, with a test that passes; everything else is derived from them.
import { createCommand, print, runCommand, UsageError } from '../knative-local/command-line.ts'
import { projectDirectory } from '../bundle.ts'
import { newFunction } from './new-function.ts'

const command = createCommand('npm run new --').description('Makes something new in this project.')

command
  .command('function')
  .description('a function: its folder in functions/ and its YAML in knative/')
  .argument('<name>', 'of its folder: onParcelSent')
  .requiredOption(
    '--topic <topic>',
    'the topic that it follows, once for each; with --http, the topic that it publishes to',
    (topic: string, before: readonly string[] = []) => [...before, topic]
  )
  .option('--type <type>', 'of the events; by default what is published to the topic, or a new type')
  .option('--http', 'a command over HTTP, which publishes an event')
  .option('--plain', 'follows events without a database')
  .action(async (name: string, flags: { topic: string[]; type?: string; http?: boolean; plain?: boolean }) => {
    if (flags.http && flags.plain) throw new UsageError('--http and --plain exclude each other')
    const kind = flags.http ? 'command' : flags.plain ? 'plain' : 'consumer'
    print(
      (await newFunction(projectDirectory, { name, kind, topics: [...new Set(flags.topic)], type: flags.type })).join(
        '\n'
      )
    )
  })

await runCommand(command)
