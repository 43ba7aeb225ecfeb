// A KafkaSource that shows who it is, and its Secret: as an object, and as Kubernetes mounts it.
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** For `net` of the source: the keys of the Secret that it names. */
export const sasl = `
  net:
    sasl:
      enable: true
      type: { secretKeyRef: { name: kafka, key: type } }
      user: { secretKeyRef: { name: kafka, key: user } }
      password: { secretKeyRef: { name: kafka, key: password } }`
export const saslTls = `${sasl}
    tls:
      enable: true
      caCert: { secretKeyRef: { name: kafka, key: ca.crt } }`
export const mutualTls = `
  net:
    tls:
      enable: true
      caCert: { secretKeyRef: { name: kafka, key: ca.crt } }
      cert: { secretKeyRef: { name: kafka, key: user.crt } }
      key: { secretKeyRef: { name: kafka, key: user.key } }`

export function sourceYaml(topic: string, bootstrap: string, net: string, sink: string): string {
  return `apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: ${topic}, namespace: shop }
spec:
  bootstrapServers: ['${bootstrap}']
  topics: [${topic}]
  consumerGroup: group-${topic}
  initialOffset: earliest${net}
  sink: { uri: '${sink}' }
`
}

/** Half of the keys in each of the two ways to write them. */
export function secretObject(values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values)
  const data = entries.filter((_, i) => i % 2 === 0).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'kafka', namespace: 'shop' },
    data: Object.fromEntries(data),
    stringData: Object.fromEntries(entries.filter((_, i) => i % 2 === 1))
  })
}

/** The Secret as Kubernetes mounts it: links to a folder that is replaced as a whole. */
export async function mounted(folder: string, values: Readonly<Record<string, string>>) {
  const directory = join(folder, 'mounted')
  await mkdir(directory)
  let version = 0
  const replace = async (next: Readonly<Record<string, string>>): Promise<void> => {
    const now = `..${++version}`
    await mkdir(join(directory, now))
    for (const [key, value] of Object.entries(next)) await writeFile(join(directory, now, key), value)
    await rm(join(directory, '..data'), { force: true })
    await symlink(now, join(directory, '..data'))
    for (const key of Object.keys(next)) {
      await rm(join(directory, key), { force: true })
      await symlink(`..data/${key}`, join(directory, key))
    }
  }
  await replace(values)
  return { replace, places: new Map([['shop/kafka', { directory }]]) }
}
