// Values of Secrets: of the objects in the files, or from where --secret says. They are read whenever they are asked for, so that a
// Secret that changes is followed, and kept nowhere.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord } from '../../manifests/is-record.ts'
import type { KafkaAuth, ManifestObject, NamespacedName } from '../../manifests/plan.ts'
import type { SecretValues } from './security.ts'

/** A folder with a file for each key, as Kubernetes mounts it; or variables of the environment, PREFIX_KEY. */
export type SecretPlace = { readonly directory: string } | { readonly prefix: string }

/** By `namespace/name`. */
export type SecretPlaces = ReadonlyMap<string, SecretPlace>

/** What a client may need of a Secret that is read as a whole. */
const keysOfClients = ['protocol', 'sasl.mechanism', 'user', 'password', 'ca.crt', 'user.crt', 'user.key', 'user.skip']

export class Secrets {
  private readonly places: SecretPlaces
  private readonly env: NodeJS.ProcessEnv
  private objects: readonly ManifestObject[] = []

  constructor(places: SecretPlaces, env: NodeJS.ProcessEnv) {
    this.places = places
    this.env = env
  }

  /** From now on the Secrets among these are known. */
  follow(objects: readonly ManifestObject[]): void {
    this.objects = objects.filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Secret')
  }

  /** Throws with the Secret or the key that is missing, in the words of Knative. */
  async valuesFor(auth: KafkaAuth): Promise<SecretValues> {
    const values = new Map<string, Buffer>()
    if ('secret' in auth) {
      for (const key of keysOfClients) {
        const value = await this.read(auth.secret, key)
        if (value !== undefined) values.set(key, value)
      }
      return values
    }
    values.set('protocol', Buffer.from(auth.protocol))
    for (const [name, reference] of Object.entries(auth.keys)) {
      const value = await this.read(reference, reference.key)
      if (value === undefined || value.length === 0) {
        const { namespace, name: secret, key } = reference
        throw new Error(`missing secret key or empty secret value (${namespace}/${secret}.${key})`)
      }
      values.set(name, value)
    }
    return values
  }

  private async read({ namespace, name }: NamespacedName, key: string): Promise<Buffer | undefined> {
    const place = this.places.get(`${namespace}/${name}`)
    if (place !== undefined) {
      return 'prefix' in place
        ? ofEnvironment(this.env, place.prefix, key)
        : ofFolder(place.directory, key, `${namespace}/${name}`)
    }
    const object = this.objects.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
    if (object !== undefined) return ofObject(object, key)
    const option = `--secret ${namespace}/${name}=DIR`
    throw new Error(`failed to read secret ${namespace}/${name}: no file declares it. Give ${option}, or =env:PREFIX`)
  }
}

function ofObject({ data, stringData }: ManifestObject, key: string): Buffer | undefined {
  const text = isRecord(stringData) ? stringData[key] : undefined
  if (typeof text === 'string') return Buffer.from(text)
  const base64 = isRecord(data) ? data[key] : undefined
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined
}

/** `sasl.mechanism` is PREFIX_SASL_MECHANISM. */
function ofEnvironment(env: NodeJS.ProcessEnv, prefix: string, key: string): Buffer | undefined {
  const value = env[`${prefix}_${key.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase()}`]
  return value === undefined ? undefined : Buffer.from(value)
}

/** Kubernetes mounts each key as a link to ..data/KEY, and changes all at once by another ..data: reading follows the links. */
async function ofFolder(directory: string, key: string, secret: string): Promise<Buffer | undefined> {
  // The names that Kubernetes allows for a key: none leads out of the folder.
  if (!/^[-._a-zA-Z0-9]+$/.test(key) || key.startsWith('..') || key === '.') return undefined
  try {
    return await readFile(join(directory, key))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const isFolder = await stat(directory).then(
      found => found.isDirectory(),
      () => false
    )
    if (isFolder && code === 'ENOENT') return undefined
    const what = isFolder ? `${join(directory, key)}: ${code}` : `--secret: ${directory} is not a folder`
    throw new Error(`failed to read secret ${secret}: ${what}`, { cause: error })
  }
}
