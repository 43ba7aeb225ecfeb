// Options of `npm run dataplane`, each with an environment equivalent; every wrong value is reported at once.
import { relative, resolve as absolute } from 'node:path'
import { z } from 'zod'
import type { SecretPlaces } from './kafka/secrets.ts'

const port = z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65_535)
const hostPort = z.string().regex(/^[^\s:,]+:\d{1,5}$/, 'must be HOST:PORT[,HOST:PORT]')

/** Where objects are that no file declares. */
const elsewhere = {
  resolve: z
    .array(
      z.string().superRefine((entry, context) => {
        const [, url] = splitAtEqualSign(entry)
        if (/^[^/=\s]+\/[^/=\s]+=/.test(entry) && isHttpUrl(url)) return
        context.addIssue({ code: 'custom', message: `"${entry}" must be NAMESPACE/NAME=URL` })
      })
    )
    .transform(entries => new Map(entries.map(splitAtEqualSign))),
  sink: z
    .string()
    .refine(isHttpUrl, { error: issue => `"${String(issue.input)}" must be a URL, http or https` })
    .optional()
}

const secrets = z
  .array(
    z.string().superRefine((entry, context) => {
      const [, place] = splitAtEqualSign(entry)
      const isPlace = place.startsWith('env:') ? /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(place) : place !== ''
      if (/^[^/=\s]+\/[^/=\s]+=/.test(entry) && isPlace) return
      const message = `"${splitAtEqualSign(entry)[0] || entry}" must be NAMESPACE/NAME=DIR or NAMESPACE/NAME=env:PREFIX`
      context.addIssue({ code: 'custom', message })
    })
  )
  .transform(entries => new Map(entries.map(splitAtEqualSign)))

const Settings = z.object({
  files: z.array(z.string().min(1)),
  'plan-file': z.string().optional(),
  bootstrap: z
    .string()
    .transform(list => list.split(','))
    .pipe(z.array(hostPort))
    .optional(),
  plaintext: z.stringbool().or(z.boolean()).default(false),
  secret: secrets,
  ...elsewhere,
  'resolve-file': z.string().optional(),
  print: z.stringbool().or(z.boolean()).default(false),
  'ingress-port': port.default(8280),
  'sink-port': port.default(8281),
  'status-port': port.default(8282),
  'client-id': z.string().min(1).default('dataplane'),
  json: z.stringbool().or(z.boolean()).default(false)
})
export type Settings = z.infer<typeof Settings>

/** As written on the command line. */
export interface Options {
  readonly file?: readonly string[]
  readonly planFile?: string
  readonly bootstrap?: string
  readonly plaintext?: boolean
  readonly secret?: readonly string[]
  readonly resolve?: readonly string[]
  readonly resolveFile?: string
  readonly sink?: string
  readonly print?: boolean
  readonly ingressPort?: string
  readonly sinkPort?: string
  readonly statusPort?: string
  readonly clientId?: string
  readonly json?: boolean
}

export function readSettings(
  more: readonly string[],
  options: Options,
  env: NodeJS.ProcessEnv
): { readonly settings: Settings } | { readonly problems: string[] } {
  const named = [...(options.file ?? []), ...more]
  const files = named.length > 0 ? named : split(env.DATAPLANE_FILES, ':')
  const sink = options.sink ?? env.DATAPLANE_SINK
  const addressFile = options.resolveFile ?? env.DATAPLANE_RESOLVE_FILE
  const result = Settings.safeParse({
    files: files.map(file => fromWhereTheUserIs(file, env)),
    ...(options.planFile !== undefined && { 'plan-file': options.planFile }),
    bootstrap: options.bootstrap ?? env.KAFKA_BROKERS,
    plaintext: options.plaintext ?? env.DATAPLANE_PLAINTEXT,
    secret: options.secret ?? split(env.DATAPLANE_SECRETS, ','),
    resolve: options.resolve ?? split(env.DATAPLANE_RESOLVE, ','),
    ...(addressFile !== undefined && { 'resolve-file': fromWhereTheUserIs(addressFile, env) }),
    ...(sink !== undefined && { sink }),
    print: options.print ?? env.DATAPLANE_PRINT,
    'ingress-port': options.ingressPort ?? env.DATAPLANE_INGRESS_PORT,
    'sink-port': options.sinkPort ?? env.DATAPLANE_SINK_PORT,
    'status-port': options.statusPort ?? env.DATAPLANE_STATUS_PORT,
    'client-id': options.clientId ?? env.DATAPLANE_CLIENT_ID,
    json: options.json ?? env.DATAPLANE_JSON
  })
  const problems = result.success ? [] : problemsOf(result.error)
  if (files.length === 0 && options.planFile === undefined)
    problems.unshift('--file: at least one -f FILE-or-DIR is needed')
  return result.success && problems.length === 0 ? { settings: result.data } : { problems }
}

/** The options of `check`, which asks nobody at the addresses. */
export function readElsewhere(options: {
  readonly resolve?: readonly string[]
  readonly sink?: string
  readonly secret?: readonly string[]
}):
  | { readonly resolved: ReadonlySet<string>; readonly anySink: boolean; readonly secrets: ReadonlySet<string> }
  | { readonly problems: string[] } {
  const result = z.object({ ...elsewhere, secret: secretNames }).safeParse({ resolve: [], secret: [], ...options })
  if (!result.success) return { problems: problemsOf(result.error) }
  const { resolve, sink, secret } = result.data
  return { resolved: new Set(resolve.keys()), anySink: sink !== undefined, secrets: secret }
}

/** Of Secrets whose values nobody asks for; what `dataplane` takes behind the name does not count. */
const secretNames = z
  .array(
    z.string().regex(/^[^/=\s]+\/[^/=\s]+(=.*)?$/s, {
      error: issue => `"${nameIn(String(issue.input))}" must be NAMESPACE/NAME`
    })
  )
  .transform(entries => new Set(entries.map(nameIn)))

function nameIn(entry: string): string {
  return entry.replace(/=.*$/s, '')
}

function problemsOf({ issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) => `--${path[0] === 'files' ? 'file' : String(path[0])}: ${message}`)
}

/** Where --secret says that Secrets are. */
export function secretPlaces(secret: Settings['secret'], env: NodeJS.ProcessEnv): SecretPlaces {
  return new Map(
    Array.from(secret, ([name, place]) => [
      name,
      place.startsWith('env:') ? { prefix: place.slice('env:'.length) } : { directory: fromWhereTheUserIs(place, env) }
    ])
  )
}

/** npm runs its scripts in the package's folder and says in INIT_CWD where it was called; `-` is the standard input. */
export function fromWhereTheUserIs(path: string, { INIT_CWD, npm_package_json }: NodeJS.ProcessEnv): string {
  const isBelowNpm = npm_package_json !== undefined && absolute(npm_package_json, '..') === process.cwd()
  if (path === '-' || INIT_CWD === undefined || !isBelowNpm || absolute(path) === path) return path
  return relative(process.cwd(), absolute(INIT_CWD, path)) || '.'
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text)
}

function split(list: string | undefined, separator: string): string[] {
  return list === undefined || list === '' ? [] : list.split(separator)
}

function splitAtEqualSign(entry: string): [string, string] {
  const equal = entry.indexOf('=')
  return [entry.slice(0, equal), entry.slice(equal + 1)]
}
