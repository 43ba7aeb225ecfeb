// What people reach through the gateway, and by which role.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { projectDirectory } from '../bundle.ts'
import { Trigger, trigger } from './kinds.ts'
import { kustomize, objectsOf } from './render.ts'

const triggers = objectsOf('production', trigger, Trigger)

test('the gateway has no listener without TLS, asks every request for a token, and denies what no role allows', () => {
  const { gateway, policy } = gatewayObjects()
  expect(gateway.spec.listeners).toEqual([expect.objectContaining({ protocol: 'HTTPS' })])
  expect(policy.spec.targetRefs).toEqual([
    { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gateway.metadata.name }
  ])
  expect(policy.spec.jwt.providers).toHaveLength(1)
  expect(policy.spec.authorization.defaultAction).toBe('Deny')
  for (const { principal } of policy.spec.authorization.rules) {
    expect(principal.jwt.claims).toEqual([
      { name: 'roles', valueType: 'StringArray', values: expect.arrayContaining([expect.stringMatching(/^student-/)]) }
    ])
  }
})

test('the gateway leads to the functions that people call and to no other, each by methods that a role allows', () => {
  const { route, policy } = gatewayObjects()
  const reached = route.spec.rules.map(({ filters, matches }) => ({
    service: filters[0].urlRewrite.hostname.replace('.students.svc.cluster.local', ''),
    methods: matches.map(({ method }) => method)
  }))
  const commands = triggers
    .filter(({ spec }) => !spec.filters.some(({ exact }) => exact.type.endsWith('.ReplayDeadLetters')))
    .map(({ spec }) => spec.subscriber.ref.name)
  expect(
    reached.map(({ service: name }) => name).toSorted(),
    'each function with a command has a rule in infra/gateway/gateway.yaml: its method, and its name as the host'
  ).toEqual(commands.toSorted())
  const allowed = policy.spec.authorization.rules.flatMap(({ operation }) => operation.methods)
  expect(
    reached.flatMap(({ methods }) => methods).toSorted(),
    'each method of infra/gateway/gateway.yaml is in one rule of infra/gateway/roles.yaml'
  ).toEqual(allowed.toSorted())
  const reading = policy.spec.authorization.rules.find(({ principal }) =>
    principal.jwt.claims.some(({ values }) => values.includes('student-reader'))
  )
  expect(reading?.operation.methods).toEqual(['GET', 'HEAD'])
})

const Gateway = z.object({
  kind: z.literal('Gateway'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({ listeners: z.array(z.looseObject({ protocol: z.string() })) })
})
const Route = z.object({
  kind: z.literal('HTTPRoute'),
  spec: z.object({
    rules: z.array(
      z.object({
        matches: z.array(z.object({ method: z.string() })),
        filters: z.tuple([z.object({ urlRewrite: z.object({ hostname: z.string() }) })])
      })
    )
  })
})
const SecurityPolicy = z.object({
  kind: z.literal('SecurityPolicy'),
  spec: z.object({
    targetRefs: z.array(z.unknown()),
    jwt: z.strictObject({ providers: z.array(z.object({ audiences: z.array(z.string()).min(1) })) }), // neither optional nor failOpen
    authorization: z.object({
      defaultAction: z.string(),
      rules: z.array(
        z.object({
          action: z.literal('Allow'),
          operation: z.object({ methods: z.array(z.string()) }),
          principal: z.strictObject({
            jwt: z.object({
              claims: z.array(z.object({ name: z.string(), valueType: z.string(), values: z.array(z.string()) }))
            })
          })
        })
      )
    })
  })
})

/** Of production with the component, as its kustomization says to put it in. */
function gatewayObjects() {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = (of: string) => relative(folder, join(projectDirectory, of))
  const kustomization = { resources: [path('infra/overlays/production')], components: [path('infra/gateway')] }
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization))
  const objects = kustomize(folder)
  return { gateway: only(objects, Gateway), route: only(objects, Route), policy: only(objects, SecurityPolicy) }
}

function only<Schema extends z.ZodType>(objects: readonly unknown[], schema: Schema): z.infer<Schema> {
  const [found, ...others] = objects.flatMap(object => schema.safeParse(object).data ?? [])
  if (found === undefined || others.length > 0) throw new Error('there must be exactly one')
  return found
}
