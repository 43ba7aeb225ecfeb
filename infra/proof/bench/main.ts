// `npm run bench -- NAME`: measurements on this machine. `list` names them.
import { createCommand, print, runCommand } from '../../knative-local/command-line.ts'
import { coldStartBenchmark } from './cold-start.ts'
import { dispatchBenchmark } from './dispatch.ts'
import { flowCommand } from './flow/flow.ts'

const program = createCommand('npm run bench --').description('Measures on this machine, beside a plain peer.')
const benchmarks = [
  createCommand('cold-start')
    .description('from the start of a function to its first answer, beside a bare node:http server')
    .action(coldStartBenchmark),
  createCommand('dispatch')
    .description('how fast the data plane delivers, beside a bare kafkajs-and-undici loop')
    .action(dispatchBenchmark),
  flowCommand()
]
const list = createCommand('list')
  .description('names them')
  .action(() => print(benchmarks.map(one => `${one.name().padEnd(12)} ${one.description()}`).join('\n')))
for (const command of [...benchmarks, list]) program.addCommand(command)
await runCommand(program)
