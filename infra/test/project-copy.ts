// A copy of this project to change in a test: the files that it runs from, with the packages of this one.
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectDirectory } from '../bundle.ts'

const parts = ['functions', 'infra', 'knative', 'schemas', 'package.json', 'tsconfig.json', 'skaffold.yaml']

export async function copyProject(): Promise<{ readonly directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'project-'))
  const filter = (from: string) => !/\/(?:node_modules|\.func)$/.test(from)
  for (const name of parts) await cp(join(projectDirectory, name), join(directory, name), { recursive: true, filter })
  await symlink(join(projectDirectory, 'node_modules'), join(directory, 'node_modules'))
  return { directory, remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }) }
}
