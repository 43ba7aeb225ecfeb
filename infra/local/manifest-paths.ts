// The YAML that the local runtime reads: the same folders that kustomize builds for a cluster.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectDirectory } from '../bundle.ts'

/** Relative to the project, as messages name files. The last three only matter to the Kubernetes API. */
export const manifestPaths = ['knative', 'infra/kafka', 'infra/debezium', 'infra/postgres', 'infra/registry'].filter(
  path => existsSync(join(projectDirectory, path, 'kustomization.yaml'))
)
