// What a pod may do and what it takes.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Container, PodSpec, Service, service } from './kinds.ts'
import { objectsOf, overlays, render } from './render.ts'

const PodTemplate = z.object({ spec: z.object({ template: z.object({ spec: PodSpec }) }) })
const CronJobTemplate = z.object({ spec: z.object({ jobTemplate: PodTemplate }) })

describe.each(overlays)('in %s', overlay => {
  const services = objectsOf(overlay, service, Service)
  const pods = render(overlay).flatMap(object => {
    if (object.kind === 'CronJob')
      return [{ object, pod: CronJobTemplate.parse(object).spec.jobTemplate.spec.template.spec }]
    const hasPods = ['Deployment', 'Job'].includes(object.kind) || object.apiVersion === service.apiVersion
    return hasPods ? [{ object, pod: PodTemplate.parse(object).spec.template.spec }] : []
  })
  const containers = pods.flatMap(({ object, pod }) =>
    [...pod.containers, ...(pod.initContainers ?? [])].map(container => ({
      name: `${object.kind} ${object.metadata.name}/${container.name}`,
      pod,
      container
    }))
  )

  test('no container runs as root, writes to its own files or gains privileges', () => {
    expect(containers.length).toBeGreaterThan(services.length)
    for (const { name, pod, container } of containers) {
      const { securityContext } = container
      expect(securityContext.runAsNonRoot ?? pod.securityContext?.runAsNonRoot, name).toBe(true)
      expect(securityContext.readOnlyRootFilesystem, name).toBe(true)
      expect(securityContext.allowPrivilegeEscalation, name).toBe(false)
      expect(securityContext.privileged ?? false, name).toBe(false)
      expect(securityContext.capabilities, name).toEqual({ drop: ['ALL'] })
      expect((securityContext.seccompProfile ?? pod.securityContext?.seccompProfile)?.type, name).toBe('RuntimeDefault')
    }
  })

  test('no pod carries a service account token', () => {
    for (const { object, pod } of pods) expect(pod.automountServiceAccountToken, object.metadata.name).toBe(false)
  })

  test('every container says what it needs and has a limit on memory', () => {
    for (const { name, container } of containers) {
      expect(bytesOf(container.resources.requests.memory), name).toBeGreaterThan(0)
      expect(bytesOf(container.resources.limits.memory), name).toBeGreaterThanOrEqual(
        bytesOf(container.resources.requests.memory)
      )
    }
  })

  test('every image has a tag, and none is `latest`', () => {
    for (const { name, container } of containers) {
      expect(container.image, name).toMatch(/:[\w][\w.-]*$|@sha256:[0-9a-f]{64}$/)
      expect(container.image, name).not.toMatch(/:latest$/)
    }
  })

  test('no secret is written out: every variable that holds one refers to a Secret', () => {
    const holdsSecret = containers
      .flatMap(({ container }) => container.env)
      .filter(({ name }) => /PASSWORD|TOKEN|SECRET|DATABASE_URL/.test(name))
    expect(holdsSecret).not.toEqual([])
    expect(holdsSecret.filter(({ value }) => value !== undefined)).toEqual([])
    expect(render(overlay).filter(({ kind }) => kind === 'Secret')).toEqual([])
  })

  test('the container of a function has the name by which func finds its image', () => {
    for (const { metadata, spec } of services) {
      expect(
        spec.template.spec.containers.map(({ name }) => name),
        metadata.name
      ).toEqual(['user-container'])
    }
  })

  test('every function has bounds on its scale and answers both probes', () => {
    for (const { metadata, spec } of services) {
      const { annotations } = spec.template.metadata
      const min = Number(annotations['autoscaling.knative.dev/min-scale'])
      expect(min, metadata.name).toBeGreaterThanOrEqual(1)
      expect(Number(annotations['autoscaling.knative.dev/max-scale']), metadata.name).toBeGreaterThanOrEqual(min)
      const container = Container.parse(spec.template.spec.containers[0])
      expect(container.readinessProbe?.httpGet.path, metadata.name).toBe('/health/readiness')
      expect(container.livenessProbe?.httpGet.path, metadata.name).toBe('/health/liveness')
    }
  })
})

function bytesOf(quantity: string): number {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi)$/.exec(quantity) ?? []
  const powers: Record<string, number> = { Ki: 1, Mi: 2, Gi: 3 }
  return Number(number) * 1024 ** (powers[unit ?? ''] ?? Number.NaN)
}
