// The YAML of a project.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Project } from './project.ts'

/** Those of a root that has them; of the project's own relative to it, as messages name files. */
export function manifestPathsIn(
  { directory, manifests }: Pick<Project, 'directory' | 'manifests'>,
  root = directory
): string[] {
  return manifests
    .filter(folder => existsSync(join(root, folder)))
    .map(folder => (root === directory ? folder : join(root, folder)))
}
