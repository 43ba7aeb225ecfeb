// The Secrets that operators make in a cluster, with their local values, and the ConfigMaps among the YAML files.
import { z } from 'zod'
import type { ManifestObject } from '../manifests/plan.ts'

export interface Secrets {
  /** @throws when nothing here gives the Secret or the key */
  secret(name: string, key: string): string
  configMap(name: string, key: string): string
}

const Data = z.record(z.string(), z.string()).default({})
const Written = z.object({ metadata: z.object({ name: z.string() }), data: Data, stringData: Data })

/** `databaseUrl` stands for every Secret of the database's cluster: each role of it is the same one here. */
export function createSecrets(objects: readonly ManifestObject[], databaseUrl: string): Secrets {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const database: Record<string, string> = {
    uri: databaseUrl,
    host: hostname,
    port,
    username,
    user: username,
    password,
    dbname: pathname.slice(1),
    'jdbc-uri': `jdbc:postgresql://${hostname}:${port}${pathname}?user=${username}&password=${password}`
  }
  const find = (kind: string, name: string) =>
    objects
      .filter(object => object.kind === kind)
      .map(object => Written.parse(object))
      .find(({ metadata }) => metadata.name === name)

  return {
    secret(name, key) {
      const written = find('Secret', name)
      const value =
        written?.stringData[key] ??
        (written?.data[key] === undefined ? undefined : Buffer.from(written.data[key], 'base64').toString()) ??
        (isOfDatabase(name) ? database[key] : undefined)
      if (value === undefined) throw new Error(`Secret ${name} with key ${key} is not known on this machine`)
      return value
    },
    configMap(name, key) {
      const value = find('ConfigMap', name)?.data[key]
      if (value === undefined) throw new Error(`ConfigMap ${name} with key ${key} is in no YAML file`)
      return value
    }
  }
}

/** CloudNativePG names them after its Cluster: students-db-app, students-db-debezium. */
function isOfDatabase(name: string): boolean {
  return /-db-[a-z0-9-]+$/.test(name)
}
