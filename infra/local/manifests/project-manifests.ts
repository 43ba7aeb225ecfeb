// What the local runtime reads of this project: the bases, not the overlays, which are for clusters.
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'

const root = join(import.meta.dirname, '../../..')
const bases = ['knative', 'infra/kafka', 'infra/debezium', 'infra/postgres', 'infra/registry']

/** Paths for loadPlan, relative to the working directory as people would write them. */
export function projectManifests(): string[] {
  return bases
    .map(base => join(root, base))
    .filter(path => existsSync(join(path, 'kustomization.yaml')))
    .map(path => relative(process.cwd(), path) || '.')
}
