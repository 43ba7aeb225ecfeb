import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import type { ManifestObject } from '../../manifests/plan.ts'
import { query } from '../../testing/query.ts'
import { databaseCluster } from './database-cluster.ts'
import { applyDatabaseObjects, passwordsFor } from './database-roles.ts'

const mark = randomBytes(4).toString('hex')
const plain = { login: true, replication: false, superuser: false, createdb: false, createrole: false, inRoles: [] }

test('roles and databases are made as wanted, twice alike, and a role is what it says and no more', async () => {
  const superuserUrl = inject('postgresTemplateUrl').replace(/\/template$/, '/postgres')
  const [owner, reader, group] = [`owner_${mark}`, `reader_${mark}`, `group_${mark}`]
  const file = join(await temporaryFolder(), 'passwords.json')
  const passwords = await passwordsFor(file, [owner, reader, group])
  const wanted = {
    roles: [
      { ...plain, name: owner },
      { ...plain, name: group, login: false },
      { ...plain, name: reader, replication: true, inRoles: [group] }
    ],
    databases: [{ name: `db_${mark}`, owner }],
    passwords
  }
  await applyDatabaseObjects(superuserUrl, wanted)
  await applyDatabaseObjects(superuserUrl, wanted)
  onTestFinished(async () => {
    await query(superuserUrl, `drop database db_${mark} with (force)`)
    await query(superuserUrl, `drop role ${owner}, ${reader}, ${group}`)
  })

  const as = (role: string) =>
    Object.assign(new URL(superuserUrl), { username: role, password: passwords[role], pathname: `/db_${mark}` }).href
  await query(as(owner), 'create table things (id int)')
  await expect(query(as(reader), 'select from things')).rejects.toThrow('permission denied')
  await expect(query(as(owner), "copy things to program 'true'")).rejects.toThrow('permission denied')
  await expect(query(as(group), 'select 1')).rejects.toThrow('not permitted to log in')
  const { rows } = await query(
    superuserUrl,
    `select rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, pg_has_role(oid, '${group}', 'member') as member
     from pg_roles where rolname in ('${owner}', '${reader}') order by rolname`
  )
  const none = { rolsuper: false, rolcreatedb: false, rolcreaterole: false }
  expect(rows).toEqual([
    { rolname: owner, ...none, rolreplication: false, member: false },
    { rolname: reader, ...none, rolreplication: true, member: true }
  ])
})

test('passwords stay, a new role gets one, and only the owner can read the file', async () => {
  const file = join(await temporaryFolder(), 'passwords.json')
  const first = await passwordsFor(file, ['a'])
  const second = await passwordsFor(file, ['a', 'b'])
  expect(second.a).toBe(first.a)
  expect(second.b).not.toBe(second.a)
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(second)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('the YAML names databases, roles without rights of their own, and whose password a Secret holds', () => {
  const { databases, roles, secrets } = databaseCluster([
    object('Cluster', 'shop-db', {
      bootstrap: { initdb: { database: 'shop', owner: 'shop' } },
      managed: {
        roles: [
          { name: 'cdc', login: true, replication: true, passwordSecret: { name: 'shop-db-cdc' } },
          { name: 'gone', ensure: 'absent' }
        ]
      }
    }),
    object('Database', 'reports', { name: 'reports', owner: 'cdc', cluster: { name: 'shop-db' } }),
    object('Database', 'elsewhere', { name: 'other', owner: 'other', cluster: { name: 'another-db' } })
  ])
  expect(databases).toEqual([
    { name: 'shop', owner: 'shop' },
    { name: 'reports', owner: 'cdc' }
  ])
  expect(roles).toMatchObject([
    { name: 'shop', login: true, superuser: false, replication: false },
    { name: 'cdc', login: true, superuser: false, replication: true }
  ])
  expect([...secrets]).toEqual([
    ['shop-db-app', 'shop'],
    ['shop-db-cdc', 'cdc']
  ])
})

function object(kind: string, name: string, spec: object): ManifestObject {
  return { apiVersion: 'postgresql.cnpg.io/v1', kind, metadata: { name }, spec } as unknown as ManifestObject
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'database-roles-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
