// Options of `npm run dataplane`, each with an environment equivalent; every wrong value is reported at once.
import { z } from 'zod'

const port = z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65_535)
const hostPort = z.string().regex(/^[^\s:,]+:\d{1,5}$/, 'must be HOST:PORT[,HOST:PORT]')

const Settings = z.object({
  files: z.array(z.string().min(1)).min(1, 'at least one -f FILE-or-DIR is needed'),
  bootstrap: z
    .string({ error: 'is needed: --bootstrap HOST:PORT' })
    .transform(list => list.split(','))
    .pipe(z.array(hostPort)),
  resolve: z
    .array(z.string().regex(/^[^/=\s]+\/[^/=\s]+=https?:\/\/\S+$/, 'must be NAMESPACE/NAME=URL'))
    .transform(entries => new Map(entries.map(splitAtEqualSign))),
  'resolve-file': z.string().optional(),
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
  readonly bootstrap?: string
  readonly resolve?: readonly string[]
  readonly resolveFile?: string
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
  const files = [...(options.file ?? []), ...more]
  const result = Settings.safeParse({
    files: files.length > 0 ? files : split(env.DATAPLANE_FILES, ':'),
    bootstrap: options.bootstrap ?? env.KAFKA_BROKERS,
    resolve: options.resolve ?? split(env.DATAPLANE_RESOLVE, ','),
    'resolve-file': options.resolveFile ?? env.DATAPLANE_RESOLVE_FILE,
    'ingress-port': options.ingressPort ?? env.DATAPLANE_INGRESS_PORT,
    'sink-port': options.sinkPort ?? env.DATAPLANE_SINK_PORT,
    'status-port': options.statusPort ?? env.DATAPLANE_STATUS_PORT,
    'client-id': options.clientId ?? env.DATAPLANE_CLIENT_ID,
    json: options.json ?? env.DATAPLANE_JSON
  })
  if (result.success) return { settings: result.data }
  const problems = result.error.issues.map(
    ({ path, message }) => `--${path[0] === 'files' ? 'file' : path.join(' ')}: ${message}`
  )
  return { problems }
}

function split(list: string | undefined, separator: string): string[] {
  return list === undefined || list === '' ? [] : list.split(separator)
}

function splitAtEqualSign(entry: string): [string, string] {
  const equal = entry.indexOf('=')
  return [entry.slice(0, equal), entry.slice(equal + 1)]
}
