// The Secrets that operators make in a cluster, with their local values, and the ConfigMaps among the YAML files.
import { z } from 'zod'
import type { ManifestObject } from '../manifests/plan.ts'

/** Each throws when nothing here gives the object or the key. */
export interface Secrets {
  secret(name: string, key: string): string
  configMap(name: string, key: string): string
  wholeSecret(name: string): Readonly<Record<string, string>>
  wholeConfigMap(name: string): Readonly<Record<string, string>>
}

const Data = z.record(z.string(), z.string()).default({})
const Written = z.object({ metadata: z.object({ name: z.string() }), data: Data, stringData: Data })

/** `databaseUrls`: by the name of a Secret that CloudNativePG makes or reads, the URL with its user and password. */
export function createSecrets(objects: readonly ManifestObject[], databaseUrls: ReadonlyMap<string, string>): Secrets {
  const find = (kind: string, name: string) =>
    objects
      .filter(object => object.kind === kind)
      .map(object => Written.parse(object))
      .find(({ metadata }) => metadata.name === name)

  const wholeSecret = (name: string): Readonly<Record<string, string>> => {
    const written = find('Secret', name)
    if (written) return { ...decoded(written.data), ...written.stringData }
    const databaseUrl = databaseUrls.get(name)
    if (databaseUrl !== undefined) return ofDatabase(databaseUrl)
    throw new Error(
      `Secret ${name} is not known on this machine: it is in no YAML file, and no role of a Cluster of CloudNativePG names it as its passwordSecret`
    )
  }
  const wholeConfigMap = (name: string): Readonly<Record<string, string>> => {
    const written = find('ConfigMap', name)
    if (!written) throw new Error(`ConfigMap ${name} is in no YAML file`)
    return written.data
  }
  const keyOf = (values: Readonly<Record<string, string>>, name: string, key: string): string => {
    const value = values[key]
    if (value === undefined) throw new Error(`${name} has no key ${key}`)
    return value
  }
  return {
    wholeSecret,
    wholeConfigMap,
    secret: (name, key) => keyOf(wholeSecret(name), `Secret ${name}`, key),
    configMap: (name, key) => keyOf(wholeConfigMap(name), `ConfigMap ${name}`, key)
  }
}

function decoded(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]))
}

/** The keys that CloudNativePG gives them: https://cloudnative-pg.io/documentation/current/applications/ */
function ofDatabase(url: string): Readonly<Record<string, string>> {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    uri: url,
    host: hostname,
    port,
    username,
    user: username,
    password,
    dbname: pathname.slice(1),
    'jdbc-uri': `jdbc:postgresql://${hostname}:${port}${pathname}?user=${username}&password=${password}`
  }
}
