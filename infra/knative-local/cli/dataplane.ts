// `npm run dataplane`, and the data plane's process beside the other parts of a stack.
import { called } from '../called.ts'
import { runCommand } from './command-line.ts'
import { dataplaneCommand } from './dataplane-command.ts'
import { runDataPlane } from './run-data-plane.ts'

await runCommand(dataplaneCommand(called('dataplane --'), runDataPlane, process.env))
