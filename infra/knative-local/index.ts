// The public face: what a project calls to run itself, and to read what runs. The other faces are listed in package.json.
export { localCommand } from './cli/local.ts'
export { runDev } from './cli/run-dev.ts'
export { stateDirectoryOf } from './cli/settings.ts'
export { actOnPart } from './cli/act-on-part.ts'
export { type Action, Status } from './control.ts'
export { type Endpoints, readEndpoints } from './endpoints.ts'
export { manifestPathsIn } from './manifest-paths.ts'
export type { Project } from './project.ts'
