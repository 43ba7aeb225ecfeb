// Every Secret that something refers to is made by somebody: by an operator, or by infra/secrets.sh.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { projectDirectory } from '../bundle.ts'
import { overlays, render } from './render.ts'

/** What the operators make, from the names of the objects they work for. */
const madeByOperators = new Map([
  ['students-db-app', ['uri', 'host', 'port', 'dbname', 'username', 'password']], // CloudNativePG, for the database's owner
  ['students-db-ca', ['ca.crt']],
  ['students-cluster-ca-cert', ['ca.crt']] // Strimzi
])
/** To push the Connect image; made by hand, because only its owner knows it (infra/README.md). */
const madeByHand = new Map([['registry-push', ['.dockerconfigjson']]])

describe.each(overlays)('in %s', overlay => {
  test('every Secret that is referred to exists, with the key', () => {
    const made = new Map([...madeByOperators, ...madeByHand, ...madeByScript(overlay)])
    const used = references(render(overlay))
    expect(used.length).toBeGreaterThan(0)
    const missing = used.filter(({ name, key }) => {
      const keys = made.get(name)
      return keys === undefined || (key !== undefined && !keys.includes(key))
    })
    expect(missing).toEqual([])
  })

  test('the script makes no Secret that nothing refers to', () => {
    const used = new Set(references(render(overlay)).map(({ name }) => name))
    expect([...madeByScript(overlay).keys()].filter(name => !used.has(name))).toEqual([])
  })
})

interface Reference {
  readonly name: string
  readonly key?: string
}

/** Walks everything: secretKeyRef, secretName, passwordSecret, a Broker's and a KafkaSink's, and ${secrets:...} of Connect. */
function references(value: unknown): Reference[] {
  if (typeof value === 'string') {
    return [...value.matchAll(/\$\{secrets:students\/([\w-]+):([\w.]+)\}/g)].flatMap(([, name, key]) =>
      name ? [{ name, key }] : []
    )
  }
  if (Array.isArray(value)) return value.flatMap(references)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([field, inner]) => [...named(field, inner), ...references(inner)])
}

const Named = z.object({ name: z.string(), key: z.string().optional() })
const PasswordSecret = z.object({ secretName: z.string(), password: z.string() })
const SinkSecret = z.object({ ref: z.object({ name: z.string() }) })

function named(field: string, value: unknown): Reference[] {
  if (field === 'secretKeyRef') return [Named.parse(value)]
  if (field === 'secretName' || field === 'pushSecret') return [{ name: z.string().parse(value) }]
  if (field === 'auth.secret.ref.name') return [{ name: z.string().parse(value) }]
  if (field === 'secret') return SinkSecret.safeParse(value).data?.ref ? [SinkSecret.parse(value).ref] : []
  if (field === 'passwordSecret') {
    const strimzi = PasswordSecret.safeParse(value).data
    return strimzi
      ? [{ name: strimzi.secretName, key: strimzi.password }]
      : ['username', 'password'].map(key => ({ name: Named.parse(value).name, key }))
  }
  return []
}

/** Runs infra/secrets.sh with a kubectl that has no Secret yet and keeps what it is given. */
function madeByScript(overlay: string): Map<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const written = join(folder, 'written.yaml')
  writeFileSync(
    join(folder, 'kubectl'),
    `#!/bin/sh
case "$*" in
  *"get namespace"*) exit 0 ;;
  *get*) exit 1 ;;
  *create*) { echo ---; cat; } >> ${written} ;;
esac
`,
    { mode: 0o755 }
  )
  execFileSync(join(projectDirectory, 'infra/secrets.sh'), [overlay], {
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` }
  })
  const Secret = z.object({
    metadata: z.object({ name: z.string() }),
    stringData: z.record(z.string(), z.string().min(1))
  })
  return new Map(
    parseAllDocuments(readFileSync(written, 'utf8')).map(document => {
      const { metadata, stringData } = Secret.parse(document.toJS())
      return [metadata.name, Object.keys(stringData)]
    })
  )
}
