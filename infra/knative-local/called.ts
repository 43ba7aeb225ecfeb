// How a person calls a command here: messages name what to run next.
import { extname } from 'node:path'

/** JavaScript is the installed package, which has a program; TypeScript is this repository with its npm scripts. */
const isPackage = extname(import.meta.filename) === '.js'
const scripts = new Set(['dev', 'dataplane', 'kafka'])

/** `called('dev --clean')` is `knative-local dev --clean`, or `npm run dev -- --clean`. */
export function called(line: string): string {
  if (isPackage) return `knative-local ${line.replace(/ --$/, '')}`
  const [command = '', ...rest] = line.split(' ')
  if (!scripts.has(command)) return `npm run local -- ${line}`
  const dashes = rest.length === 0 || rest[0] === '--' ? [] : ['--']
  return ['npm run', command, ...dashes, ...rest].join(' ')
}
