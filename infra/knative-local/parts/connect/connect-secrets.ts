// What Kafka Connect reads from files, so that neither its REST nor its topics nor its log show a password.
//
//   rest-password, jaas.conf      who may use the REST; made at each start
//   secrets/NAMESPACE/NAME/KEY    the Secrets that connectors name
//
// ${secrets:NAMESPACE/NAME:KEY} stays in a connector's configuration as it is in the YAML: the worker runs in the folder secrets
// with a provider that reads a value from a file, where Strimzi's in a cluster asks Kubernetes.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Credentials, newCredentials } from '../credentials.ts'
import type { Secrets } from '../secrets.ts'

const strimzisProvider = 'io.strimzi.kafka.KubernetesSecretConfigProvider'
const localProvider = 'org.apache.kafka.common.config.provider.DirectoryConfigProvider'

export interface ConnectSecrets {
  /** Where the worker runs. */
  readonly folder: string
  readonly jaasFile: string
  readonly credentials: Credentials
  /** Puts the Secrets that a connector's configuration names where the worker finds them. @throws when one is unknown here */
  provide(config: Readonly<Record<string, string>>, secrets: Secrets): Promise<void>
}

export async function createConnectSecrets(directory: string): Promise<ConnectSecrets> {
  const folder = join(directory, 'secrets')
  const passwordFile = join(directory, 'rest-password')
  const jaasFile = join(directory, 'jaas.conf')
  const credentials = newCredentials('connect')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await write(passwordFile, `${credentials.username}=${credentials.password}\n`)
  await write(
    jaasFile,
    `KafkaConnect {
  org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required file=${JSON.stringify(passwordFile)};
};
`
  )
  return {
    folder,
    jaasFile,
    credentials,
    async provide(config, secrets) {
      const values = Object.values(config).flatMap(value => [...value.matchAll(secretReference)])
      for (const [, namespace = '', name = '', key = ''] of values) {
        await mkdir(join(folder, namespace, name), { recursive: true, mode: 0o700 })
        await write(join(folder, namespace, name, key), secrets.secret(name, key))
      }
    }
  }
}

/** Of names that Kubernetes allows: none leads out of the folder. */
const secretReference = /\$\{secrets:([a-z0-9-]+)\/([a-z0-9][a-z0-9.-]*):([\w-][\w.-]*)\}/g

/** The worker's own part: a password on its REST, and files in place of Kubernetes' Secrets. */
export function withSecrets(config: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...Object.fromEntries(
      Object.entries(config).map(([name, value]) => [name, value === strimzisProvider ? localProvider : value])
    ),
    'rest.extension.classes': 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension'
  }
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 })
}
