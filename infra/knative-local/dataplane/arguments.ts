// Options of `npm run dataplane`, each with an environment equivalent; every problem is told at once.
import { parseArgs } from 'node:util'
import { z } from 'zod'

export const USAGE = `Runs the KafkaSources, KafkaSinks, Brokers and Triggers of some YAML against any Kafka.

  npm run dataplane -- -f FILE-or-DIR... --bootstrap HOST:PORT[,HOST:PORT]

  -f, --file FILE-or-DIR          YAML to read; may be given several times      DATAPLANE_FILES (a:b)
      --bootstrap HOST:PORT,...   Kafka                                         KAFKA_BROKERS
      --resolve NAMESPACE/NAME=URL  where a Service is; several times           DATAPLANE_RESOLVE (a=u,b=v)
      --resolve-file FILE         the same as JSON, {"NAMESPACE/NAME": "URL"}; changes take effect at once
                                                                                DATAPLANE_RESOLVE_FILE
      --ingress-port N            Brokers, default 8280                         DATAPLANE_INGRESS_PORT
      --sink-port N               KafkaSinks, default 8281                      DATAPLANE_SINK_PORT
      --status-port N             GET /status, default 8282                     DATAPLANE_STATUS_PORT
      --client-id X               default dataplane                             DATAPLANE_CLIENT_ID
      --json                      status as lines of JSON                       DATAPLANE_JSON=true
  -h, --help

A port of 0 is a free one. Exit status: 0 stopped, 1 failed, 2 these options were wrong.`

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

export type ParsedArguments =
  | { readonly help: true }
  | { readonly settings: Settings }
  | { readonly problems: string[] }

export function parseArguments(args: readonly string[], env: NodeJS.ProcessEnv): ParsedArguments {
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        file: { type: 'string', short: 'f', multiple: true },
        bootstrap: { type: 'string' },
        resolve: { type: 'string', multiple: true },
        'resolve-file': { type: 'string' },
        'ingress-port': { type: 'string' },
        'sink-port': { type: 'string' },
        'status-port': { type: 'string' },
        'client-id': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' }
      },
      // `-f a b`: the shell's globs give several files after one -f.
      allowPositionals: true
    })
  } catch (error) {
    return { problems: [(error as Error).message] }
  }
  if (values.values.help) return { help: true }
  const { file = [], resolve, ...rest } = values.values
  const files = [...file, ...values.positionals]
  const result = Settings.safeParse({
    files: files.length > 0 ? files : split(env.DATAPLANE_FILES, ':'),
    bootstrap: rest.bootstrap ?? env.KAFKA_BROKERS,
    resolve: resolve ?? split(env.DATAPLANE_RESOLVE, ','),
    'resolve-file': rest['resolve-file'] ?? env.DATAPLANE_RESOLVE_FILE,
    'ingress-port': rest['ingress-port'] ?? env.DATAPLANE_INGRESS_PORT,
    'sink-port': rest['sink-port'] ?? env.DATAPLANE_SINK_PORT,
    'status-port': rest['status-port'] ?? env.DATAPLANE_STATUS_PORT,
    'client-id': rest['client-id'] ?? env.DATAPLANE_CLIENT_ID,
    json: rest.json ?? env.DATAPLANE_JSON
  })
  if (result.success) return { settings: result.data }
  return {
    problems: result.error.issues.map(
      ({ path, message }) => `--${path[0] === 'files' ? 'file' : path.join(' ')}: ${message}`
    )
  }
}

function split(list: string | undefined, separator: string): string[] {
  return list === undefined || list === '' ? [] : list.split(separator)
}

function splitAtEqualSign(entry: string): [string, string] {
  const equal = entry.indexOf('=')
  return [entry.slice(0, equal), entry.slice(equal + 1)]
}
