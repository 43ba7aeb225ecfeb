// The YAML that the local runtime reads: the same folders that kustomize builds for a cluster.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectDirectory } from '../bundle.ts'

/** The last three only matter to the Kubernetes API. */
const folders = ['knative', 'infra/kafka', 'infra/debezium', 'infra/postgres', 'infra/registry']

/** Those of a root that has them; of the project's own relative to it, as messages name files. */
export function manifestPathsIn(root: string): string[] {
  return folders
    .filter(folder => existsSync(join(root, folder, 'kustomization.yaml')))
    .map(folder => (root === projectDirectory ? folder : join(root, folder)))
}
