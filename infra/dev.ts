// `npm run dev`: the whole system on this machine, from the same YAML as in a cluster. Flags: --help.
import { runDev } from './knative-local/index.ts'
import { project } from './project.ts'

await runDev(project, process.argv.slice(2))
