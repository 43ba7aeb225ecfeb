// `kubectl kustomize` is the judge: what it builds is built here to the same objects, and what it refuses is refused.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { parseManifest } from '../manifest-document.ts'
import { formatProblems } from '../problem.ts'
import { buildKustomization } from './build.ts'
import { forms } from './cases/forms.ts'
import { generators } from './cases/generators.ts'
import type { Files } from './cases/kustomizations.ts'
import { patches } from './cases/patches.ts'
import { refused } from './cases/refused.ts'
import { transformers } from './cases/transformers.ts'

const built = { ...transformers, ...patches, ...generators, ...forms }

test.for(Object.entries(built))('%s: the objects that kubectl builds', async ([, files]) => {
  const root = await written(files)
  const { documents, problems } = await buildKustomization(root)
  const judged = await kubectl(root)
  expect(formatProblems(problems)).toBe('')
  expect(byId(documents.map(({ value }) => value))).toEqual(byId(judged.objects))
})

test.for(Object.entries(refused))('%s: refused, as by kubectl', async ([, files]) => {
  const root = await written(files)
  const { documents, problems } = await buildKustomization(root)
  await expect(kubectl(root)).rejects.toThrow('Command failed')
  expect(documents).toEqual([])
  expect(problems[0]).toMatchObject({ level: 'error' })
})

test('a file outside is taken with a warning: kubectl wants an option for it', async () => {
  const root = await written({
    'overlay/kustomization.yaml': 'resources: [../a.yaml]\n',
    'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n'
  })
  const { documents, problems } = await buildKustomization(root)
  await expect(kubectl(root)).rejects.toThrow('is not in or below')
  expect(problems).toMatchObject([{ level: 'warning', path: 'resources[0]' }])
  const { objects } = await kubectl(root, '--load-restrictor=LoadRestrictionsNone')
  expect(documents.map(({ value }) => value)).toEqual(objects)
})

test('the overlays of this project', async () => {
  for (const overlay of ['infra/overlays/dev', 'infra/overlays/production', 'infra/monitoring']) {
    const { documents, problems } = await buildKustomization(overlay)
    expect(problems).toEqual([])
    expect(byId(documents.map(({ value }) => value))).toEqual(byId((await kubectl(overlay)).objects))
  }
})

async function kubectl(directory: string, ...options: string[]): Promise<{ objects: unknown[] }> {
  const { stdout } = await promisify(execFile)('kubectl', ['kustomize', directory, ...options], {
    maxBuffer: 64 * 2 ** 20
  })
  return { objects: parseManifest('', stdout).documents.map(({ value }) => value) }
}

function byId(values: readonly unknown[]): Record<string, unknown> {
  const entries = values.map((value, index): [string, unknown] => {
    const { apiVersion, kind, metadata } = value as {
      apiVersion: string
      kind: string
      metadata: { name: string; namespace?: string }
    }
    return [`${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`, value ?? index]
  })
  expect(new Set(entries.map(([id]) => id)).size).toBe(entries.length)
  return Object.fromEntries(entries)
}

/** The directory of the topmost kustomization: `top`, `overlay` or the root. */
async function written(files: Files): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'kustomize-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const topmost = ['top', 'overlay', '.'].find(
    name => Object.keys(files).some(path => path.startsWith(`${name}/kustomization`)) || name === '.'
  )
  return join(root, topmost ?? '.')
}
