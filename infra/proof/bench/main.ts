// `npm run bench -- NAME [ARGUMENTS]`; `list` names them.
import { exitStatus } from '../../knative-local/command-line.ts'
import { coldStartBenchmark } from './cold-start.ts'
import { dispatchBenchmark } from './dispatch.ts'
import { flowBenchmark } from './flow/flow.ts'

interface Benchmark {
  readonly says: string
  run(args: readonly string[]): Promise<void>
}

const benchmarks: Record<string, Benchmark> = {
  'cold-start': {
    says: 'from the start of a function to its first answer, beside a bare node:http server',
    run: coldStartBenchmark
  },
  dispatch: { says: 'how fast the data plane delivers, beside a bare kafkajs-and-undici loop', run: dispatchBenchmark },
  flow: {
    says: '[RATE] [SECONDS] [--saturate] [--at-once]: from a POST to its last effect, through the running stack, beside a plain peer',
    run: flowBenchmark
  }
}

const [name = '', ...args] = process.argv.slice(2)
const list = Object.entries(benchmarks).map(([known, { says }]) => `${known.padEnd(12)} ${says}\n`)
if (name === 'list' || name === '--help' || name === '-h') process.stdout.write(list.join(''))
else if (Object.hasOwn(benchmarks, name)) await benchmarks[name]?.run(args)
else {
  process.stderr.write(`${list.join('')}\nWhich benchmark? npm run bench -- NAME\n`)
  process.exitCode = exitStatus.wrongUsage
}
