// Nothing lies around: every YAML file is put together by somebody, every folder of functions/ is run or used by one that is, and
// every function that runs has a database role of its own.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { functionNames, functionsDirectory, projectDirectory } from '../bundle.ts'
import { environmentOf, Service, service } from './kinds.ts'
import { objectsOf, overlays } from './render.ts'

/** What a person or skaffold applies. */
const applied = ['infra/overlays/dev', 'infra/overlays/production', 'infra/gateway', 'infra/monitoring']

const Kustomization = z.object({
  resources: z.array(z.string()).nullish(),
  components: z.array(z.string()).nullish(),
  patches: z.array(z.object({ path: z.string().optional() })).nullish(),
  configMapGenerator: z.array(z.object({ files: z.array(z.string()).optional() })).nullish()
})

test('every YAML file of knative/ and infra/ is part of something that is applied', () => {
  const used = new Set(applied.flatMap(folder => filesOf(join(projectDirectory, folder))))
  const all = [
    'knative',
    ...applied,
    ...['kafka', 'debezium', 'postgres', 'registry', 'jobs'].map(name => `infra/${name}`)
  ].flatMap(folder => yamlFilesIn(join(projectDirectory, folder)))
  expect(all.length).toBeGreaterThan(30)
  const unused = all.filter(file => !used.has(file)).map(file => relative(projectDirectory, file))
  expect(unused, 'no kustomization names these: add them (npm run generate does for knative/), or delete them').toEqual(
    []
  )
})

test('every folder of functions/ is a function, or holds what functions import', async () => {
  const names = await functionNames()
  const folders = readdirSync(functionsDirectory).filter(name => statSync(join(functionsDirectory, name)).isDirectory())
  const imported = new Set(
    names
      .flatMap(name => readdirSync(join(functionsDirectory, name)).map(file => join(functionsDirectory, name, file)))
      .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap(file =>
        [...readFileSync(file, 'utf8').matchAll(/from '\.\.\/(\w+)\//g)].flatMap(([, folder]) => folder ?? [])
      )
  )
  const unused = folders.filter(folder => !names.includes(folder) && !imported.has(folder))
  expect(unused, 'a function has an index.ts; what it uses is imported').toEqual([])
})

test.each(overlays)(
  'in %s no function is the owner of the database: each that uses it has the Secret of its own role',
  overlay => {
    const services = objectsOf(overlay, service, Service)
    expect(services).not.toEqual([])
    for (const { metadata, spec } of services) {
      const [container] = spec.template.spec.containers
      const url = container && environmentOf(container).DATABASE_URL
      const cure = `knative/${metadata.name}.yaml: DATABASE_URL must come from the Secret students-db-${metadata.name}, or be left out`
      expect([undefined, `secret:students-db-${metadata.name}`], cure).toContain(url)
    }
  }
)

/** All files that a kustomization puts together, itself included. */
function filesOf(folder: string): string[] {
  const file = join(folder, 'kustomization.yaml')
  const { resources, components, patches, configMapGenerator } = Kustomization.parse(parse(readFileSync(file, 'utf8')))
  const named = [
    ...(resources ?? []),
    ...(components ?? []),
    ...(patches ?? []).flatMap(({ path }) => path ?? []),
    ...(configMapGenerator ?? []).flatMap(({ files }) => files ?? [])
  ].map(name => join(folder, name))
  return [file, ...named.flatMap(path => (existsSync(path) && statSync(path).isDirectory() ? filesOf(path) : [path]))]
}

function yamlFilesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
}
