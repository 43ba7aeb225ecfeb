// A connector's configuration with the places and secrets of this machine.
import type { ManifestObject } from '../manifests/plan.ts'
import { createSecrets } from './secrets.ts'

export interface ConnectorPlaces {
  readonly databaseUrl: string
  readonly bootstrap: readonly string[]
  readonly objects: readonly ManifestObject[]
}

/** `${secrets:NAMESPACE/NAME:KEY}`, which Strimzi's KubernetesSecretConfigProvider reads in a cluster. */
const secretReference = /\$\{secrets:[^/}]+\/([^:}]+):([^}]+)\}/g

/** @throws when it names a Secret that is not known here */
export function localiseConnector(
  config: Readonly<Record<string, string>>,
  { databaseUrl, bootstrap, objects }: ConnectorPlaces
): Record<string, string> {
  const secrets = createSecrets(objects, databaseUrl)
  const database = new URL(databaseUrl)
  const places: Record<string, string> = {
    'database.hostname': database.hostname,
    'database.port': database.port,
    'database.dbname': database.pathname.slice(1)
  }
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      if (places[name] !== undefined) return [name, places[name]]
      if (name.endsWith('bootstrap.servers')) return [name, bootstrap.join(',')]
      return [name, value.replace(secretReference, (_, secret: string, key: string) => secrets.secret(secret, key))]
    })
  )
}
