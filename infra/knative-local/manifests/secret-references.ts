// The Secrets that objects name: credentials of Kafka, and the environment of a Service. Most are kept out of files on purpose, so one
// that no file declares is missing, and no error of the file; a key that a declared one lacks is.
import { failsLater } from './kinds/consequence.ts'
import type { Path } from './manifest-document.ts'
import type { WrittenObject } from './manifest-objects.ts'
import { nearestName } from './nearest-name.ts'
import { meant, type Report, valueAt } from './object-lookup.ts'
import { isRecord } from './is-record.ts'

interface SecretReference {
  readonly written: WrittenObject
  readonly path: Path
  readonly namespace: string
  readonly name: string
  /** Without one the Secret is read as a whole. */
  readonly key?: string
}

/** `elsewhere`: Secrets that are known to be in the cluster, as `namespace/name`. */
export function checkSecrets(objects: readonly WrittenObject[], elsewhere: ReadonlySet<string>, report: Report): void {
  const declared = objects.filter(({ object }) => object.apiVersion === 'v1' && object.kind === 'Secret')
  const made = new Set(objects.flatMap(madeByOperators))
  const references = objects.flatMap(written => referencesOf(written, objects))
  const bySecret = Map.groupBy(references, ({ namespace, name }) => `${namespace}/${name}`)
  for (const [secret, [first, ...others]] of bySecret) {
    if (first === undefined || elsewhere.has(secret) || made.has(secret)) continue
    const { namespace, name } = first
    const inNamespace = declared.filter(({ metadata }) => metadata.namespace === namespace)
    const found = inNamespace.find(({ metadata }) => metadata.name === name)
    if (found !== undefined) checkKeys(found, [first, ...others], report)
    else {
      const near = nearestName(
        name,
        inNamespace.map(({ metadata }) => metadata.name)
      )
      const places = others.length === 0 ? '' : `, which ${others.length + 1} places name`
      const message = `no file declares the Secret ${secret}${places}${meant(near)} If it is in the cluster: --secret ${secret}`
      report('missing', first.written, first.path, message)
    }
  }
}

/** https://strimzi.io/docs/operators/latest/deploying#ref-operator-cluster-str and https://cloudnative-pg.io/documentation/current/applications/ */
function madeByOperators({ object, metadata: { namespace, name } }: WrittenObject): string[] {
  const group = object.apiVersion.slice(0, object.apiVersion.indexOf('/'))
  const suffixes = secretsOfOperators[`${group}/${object.kind}`] ?? []
  return suffixes.map(suffix => `${namespace}/${name}${suffix}`)
}

const secretsOfOperators: Readonly<Record<string, readonly string[]>> = {
  'kafka.strimzi.io/Kafka': ['-cluster-ca-cert', '-clients-ca-cert'],
  'kafka.strimzi.io/KafkaUser': [''],
  'postgresql.cnpg.io/Cluster': ['-app', '-superuser', '-ca', '-server', '-replication']
}

function checkKeys({ object }: WrittenObject, references: readonly SecretReference[], report: Report): void {
  const keys = [object.data, object.stringData].flatMap(values => (isRecord(values) ? Object.keys(values) : []))
  for (const { written, path, namespace, name, key } of references) {
    if (key === undefined || keys.includes(key)) continue
    const what = `the Secret ${namespace}/${name} has no key "${key}"${meant(nearestName(key, keys))}`
    report('error', written, path, `${what}${failsLater('what names it does not start')}`)
  }
}

function referencesOf(written: WrittenObject, objects: readonly WrittenObject[]): SecretReference[] {
  const { namespace } = written.metadata
  const whole = (path: Path, of: WrittenObject, name: unknown, inNamespace: unknown = namespace): SecretReference[] =>
    typeof name === 'string' && name !== ''
      ? [{ written: of, path, namespace: String(inNamespace || namespace), name }]
      : []
  switch (written.kindKey) {
    case 'sources.knative.dev/KafkaSource':
      return inside(written, ['spec', 'net'])
    case 'serving.knative.dev/Service':
      return inside(written, ['spec', 'template', 'spec'])
    case 'eventing.knative.dev/KafkaSink': {
      const path = ['spec', 'auth', 'secret', 'ref', 'name']
      return whole(path, written, valueAt(written.object, path))
    }
    case 'eventing.knative.dev/Broker': {
      const config = valueAt(written.object, ['spec', 'config'])
      const settings = objects.find(
        ({ object, metadata }) =>
          isRecord(config) &&
          object.kind === config.kind &&
          metadata.name === config.name &&
          metadata.namespace === (config.namespace || namespace)
      )
      if (settings === undefined) return []
      const path = ['data', 'auth.secret.ref.name']
      const { metadata, object } = settings
      const secretNamespace = valueAt(object, ['data', 'auth.secret.ref.namespace']) || metadata.namespace
      return whole(path, settings, valueAt(object, path), secretNamespace)
    }
    default:
      return []
  }
}

/** Every `secretKeyRef` and `secretRef` below the path, but for optional ones. */
function inside(written: WrittenObject, path: Path): SecretReference[] {
  const { namespace } = written.metadata
  const walk = (value: unknown, at: Path): SecretReference[] => {
    if (Array.isArray(value)) return value.flatMap((item, index) => walk(item, [...at, index]))
    if (!isRecord(value)) return []
    return Object.entries(value).flatMap(([field, inner]) => {
      const isReference = (field === 'secretKeyRef' || field === 'secretRef') && isRecord(inner)
      if (!isReference) return walk(inner, [...at, field])
      const { name, key, optional } = inner
      if (typeof name !== 'string' || name === '' || optional === true) return []
      return [
        {
          written,
          path: [...at, field, 'name'],
          namespace,
          name,
          ...(typeof key === 'string' && { key })
        }
      ]
    })
  }
  return walk(valueAt(written.object, path), path)
}
