// `npm run bench -- NAME`
import { coldStartBenchmark } from './cold-start.ts'
import { dispatchBenchmark } from './dispatch.ts'

const benchmarks: Record<string, () => Promise<void>> = {
  'cold-start': coldStartBenchmark,
  dispatch: dispatchBenchmark
}

const name = process.argv[2] ?? ''
const benchmark = benchmarks[name]
if (benchmark === undefined) {
  process.stderr.write(`Which benchmark? ${Object.keys(benchmarks).join(', ')}\n`)
  process.exitCode = 2
} else {
  await benchmark()
}
