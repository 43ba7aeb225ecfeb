import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { stringify } from 'yaml'

/** For `KUBECONFIG=FILE kubectl get kafkasources`: no credentials, for the API listens on loopback and cannot be written to. */
export async function writeKubeconfig(path: string, server: string, namespace: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'local',
    clusters: [{ name: 'local', cluster: { server } }],
    users: [{ name: 'reader', user: {} }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'reader', namespace } }]
  })
  await writeFile(path, text, { mode: 0o600 })
}

export async function removeKubeconfig(path: string): Promise<void> {
  await rm(path, { force: true })
}
