// For commands that a project adds: the same help, messages and exit statuses as the runtime’s own.
export {
  collect,
  createCommand,
  exits,
  exitStatus,
  print,
  printError,
  runCommand,
  UsageError
} from './cli/command-line.ts'
export { table } from './cli/table.ts'
export { oneLine, shortLine } from './terminal-text.ts'
export { nearestName } from './manifests/nearest-name.ts'
