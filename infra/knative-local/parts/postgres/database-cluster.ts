// What CloudNativePG's objects say about databases and roles: the same ones are made here, and their Secrets have the same names.
import { z } from 'zod'
import type { ManifestObject } from '../../manifests/plan.ts'

export interface Database {
  readonly name: string
  readonly owner: string
}

/** https://cloudnative-pg.io/documentation/current/declarative_role_management/ */
export interface DatabaseRole {
  readonly name: string
  readonly login: boolean
  readonly replication: boolean
  readonly superuser: boolean
  readonly createdb: boolean
  readonly createrole: boolean
  readonly inRoles: readonly string[]
}

export interface DatabaseCluster {
  /** The main one first. */
  readonly databases: readonly [Database, ...Database[]]
  readonly roles: readonly DatabaseRole[]
  /** By the name of a Secret: whose user and password it holds. */
  readonly secrets: ReadonlyMap<string, string>
}

const flag = z.boolean().default(false)
const Role = z.object({
  name: z.string(),
  ensure: z.string().default('present'),
  login: flag,
  replication: flag,
  superuser: flag,
  createdb: flag,
  createrole: flag,
  inRoles: z.array(z.string()).default([]),
  passwordSecret: z.object({ name: z.string() }).optional()
})
const Cluster = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    bootstrap: z
      .object({ initdb: z.object({ database: z.string().default('app'), owner: z.string().optional() }).prefault({}) })
      .prefault({}),
    managed: z.object({ roles: z.array(Role).default([]) }).prefault({})
  })
})
const DatabaseObject = z.object({
  spec: z.object({ name: z.string(), owner: z.string(), cluster: z.object({ name: z.string() }) })
})

/** An object of CloudNativePG. */
export function isDatabaseObject({ apiVersion, kind }: ManifestObject, wanted: string): boolean {
  return kind === wanted && apiVersion.startsWith('postgresql.cnpg.io/')
}

/** @throws when there is no Cluster among the objects, or more than the one that runs here */
export function databaseCluster(objects: readonly ManifestObject[]): DatabaseCluster {
  const ofKind = (kind: string) => objects.filter(object => isDatabaseObject(object, kind))
  const [found, another] = ofKind('Cluster').map(object => Cluster.parse(object))
  if (!found) throw new Error('No Cluster of CloudNativePG among the YAML files: PostgreSQL has no database to run')
  if (another) {
    throw new Error(
      `Clusters ${found.metadata.name} and ${another.metadata.name}: one PostgreSQL runs here, so name one`
    )
  }
  const { metadata, spec } = found
  const { database, owner = database } = spec.bootstrap.initdb
  const others = ofKind('Database')
    .map(object => DatabaseObject.parse(object).spec)
    .filter(({ cluster }) => cluster.name === metadata.name)
  const managed = spec.managed.roles.filter(({ ensure }) => ensure === 'present')
  const owning: DatabaseRole = { ...nothing, name: owner, login: true }
  return {
    databases: [{ name: database, owner }, ...others.map(({ name, owner: of }) => ({ name, owner: of }))],
    roles: [owning, ...managed.filter(({ name }) => name !== owner)],
    secrets: new Map([
      [`${metadata.name}-app`, owner],
      ...managed.flatMap(({ name, passwordSecret }): [string, string][] =>
        passwordSecret ? [[passwordSecret.name, name]] : []
      )
    ])
  }
}

const nothing = { replication: false, superuser: false, createdb: false, createrole: false, inRoles: [] }
