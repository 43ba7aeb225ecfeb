// A Knative Service. https://github.com/knative/serving/blob/main/pkg/apis/serving/v1/revision_validation.go
import { z } from 'zod'
import { autoscalingPrefix, autoscalingTypos, checkAutoscaling, readScale } from './autoscaling.ts'
import { containerSchema, insecureDefaults, type Container } from './container.ts'
import type { KindReader } from './kind.ts'
import { hostLabelProblem, nameProblem, readableMetadata, templateMetadataSchema } from '../metadata.ts'
import type { EnvironmentVariable, Service } from '../plan.ts'
import { isRecord } from '../is-record.ts'
import { object, refined, rule, uniqueBy, type Report } from '../schema.ts'
import { behindFeature } from './serving-feature.ts'
import { volumeSchema } from './volume.ts'

const defaultTimeoutSeconds = 300
const maxTimeoutSeconds = 600
const maxContainerConcurrency = 1_000

const podSpec = rule(
  object({
    containers: z.array(containerSchema).min(1, 'missing field'),
    volumes: uniqueBy(volumeSchema, 'name').optional(),
    serviceAccountName: refined(z.string(), account => (account === '' ? undefined : nameProblem(account))).optional(),
    automountServiceAccountToken: z.boolean().optional(),
    enableServiceLinks: z.boolean().optional(),
    imagePullSecrets: uniqueBy(object({ name: z.string().optional() }), 'name').optional(),
    containerConcurrency: bounded(maxContainerConcurrency).optional(),
    timeoutSeconds: bounded(maxTimeoutSeconds).optional(),
    responseStartTimeoutSeconds: z.int().optional(),
    idleTimeoutSeconds: z.int().optional(),
    affinity: behindFeature('kubernetes.podspec-affinity'),
    dnsConfig: behindFeature('kubernetes.podspec-dnsconfig'),
    dnsPolicy: behindFeature('kubernetes.podspec-dnspolicy'),
    hostAliases: behindFeature('kubernetes.podspec-hostaliases'),
    hostIPC: behindFeature('kubernetes.podspec-hostipc'),
    hostNetwork: behindFeature('kubernetes.podspec-hostnetwork'),
    hostPID: behindFeature('kubernetes.podspec-hostpid'),
    initContainers: behindFeature('kubernetes.podspec-init-containers'),
    nodeSelector: behindFeature('kubernetes.podspec-nodeselector'),
    priorityClassName: behindFeature('kubernetes.podspec-priorityclassname'),
    runtimeClassName: behindFeature('kubernetes.podspec-runtimeclassname'),
    schedulerName: behindFeature('kubernetes.podspec-schedulername'),
    securityContext: behindFeature('kubernetes.podspec-securitycontext'),
    shareProcessNamespace: behindFeature('kubernetes.podspec-shareprocessnamespace'),
    tolerations: behindFeature('kubernetes.podspec-tolerations'),
    topologySpreadConstraints: behindFeature('kubernetes.podspec-topologyspreadconstraints')
  }),
  (pod, report) => {
    if (pod.automountServiceAccountToken === true)
      report(['automountServiceAccountToken'], 'must not be set to true; leave it out, which means the same')
    checkPorts(pod.containers, report)
    checkVolumes(pod.containers, pod.volumes, report)
  }
)

const trafficTarget = rule(
  object({
    configurationName: z.string().optional(),
    latestRevision: z.boolean().optional(),
    percent: refined(z.int(), percent =>
      percent < 0 || percent > 100 ? `expected 0 <= ${percent} <= 100` : undefined
    ).optional(),
    revisionName: z.string().optional(),
    tag: refined(z.string(), tag => (tag === '' ? undefined : hostLabelProblem(tag))).optional(),
    url: z.string().optional()
  }),
  ({ configurationName, latestRevision, revisionName, url }, report) => {
    if (configurationName !== undefined && configurationName !== '')
      report(['configurationName'], 'must not be set in a Service')
    if (url !== undefined && url !== '') report(['url'], 'must not be set: Knative fills it in')
    const pinned = revisionName !== undefined && revisionName !== ''
    if (latestRevision === pinned)
      report(['latestRevision'], `cannot be ${latestRevision} ${pinned ? 'beside' : 'without'} a revisionName`)
  }
)

const traffic = refined(uniqueBy(trafficTarget, 'tag'), targets => {
  const sum = targets.reduce((total, target) => total + (target.percent ?? 0), 0)
  return targets.length === 0 || sum === 100 ? undefined : `the percentages sum to ${sum}, 100 is expected`
})

const spec = object({
  template: object({ metadata: templateMetadataSchema.optional(), spec: podSpec }),
  traffic: traffic.optional()
})

export const knativeService: KindReader<z.output<typeof spec>, Service> = {
  spec,
  check({ name, annotations }, input, report) {
    const hostProblem = hostLabelProblem(name)
    if (hostProblem !== undefined) report(['metadata', 'name'], hostProblem)
    for (const key of Object.keys(annotations ?? {})) {
      if (key.startsWith(autoscalingPrefix))
        report(
          ['metadata', 'annotations', key],
          `invalid key name "${key}": it works only under spec.template.metadata.annotations. Move it there`
        )
    }
    const template = readableMetadata(isRecord(input) && isRecord(input.template) ? input.template.metadata : undefined)
    const at = ['spec', 'template', 'metadata']
    if (template.name !== '') {
      const revisionProblem = hostLabelProblem(template.name)
      if (revisionProblem !== undefined) report([...at, 'name'], revisionProblem)
      else if (!template.name.startsWith(`${name}-`)) {
        report([...at, 'name'], `invalid value: "${template.name}" must start with "${name}-"`)
      }
    }
    checkAutoscaling(template.annotations, (key, message) => report([...at, 'annotations', key], message))
  },
  read({ metadata, spec: input, origin }, warn) {
    const { template } = input
    const annotations = template.metadata?.annotations ?? {}
    const at = ['spec', 'template']
    for (const { key, message } of autoscalingTypos(annotations)) warn([...at, 'metadata', 'annotations', key], message)
    for (const [index, container] of template.spec.containers.entries()) {
      const open = insecureDefaults(container)
      if (open.length > 0)
        warn(
          [...at, 'spec', 'containers', index, 'securityContext'],
          `Kubernetes leaves ${open.join(', ')} at an insecure default; Knative warns at every apply`
        )
    }
    const serving = template.spec.containers.findIndex(container => (container.ports ?? []).length > 0)
    const index = Math.max(0, serving)
    const container = template.spec.containers[index]
    if (container === undefined) throw new Error('a checked Service has a container')
    if (template.spec.containers.length > 1)
      warn([...at, 'spec', 'containers'], `only the container with a port (${index}) runs here, as one process`)
    const { timeoutSeconds, containerConcurrency } = template.spec
    return {
      name: metadata.name,
      namespace: metadata.namespace,
      image: container.image,
      env: (container.env ?? []).map(variable),
      envFrom: (container.envFrom ?? []).map(({ prefix, secretRef, configMapRef }) => ({
        prefix: prefix ?? '',
        ...(secretRef && { secretRef: { name: secretRef.name ?? '', optional: secretRef.optional ?? false } }),
        ...(configMapRef && {
          configMapRef: { name: configMapRef.name ?? '', optional: configMapRef.optional ?? false }
        })
      })),
      ...readScale(annotations),
      containerConcurrency: containerConcurrency ?? 0,
      timeoutSeconds: timeoutSeconds || defaultTimeoutSeconds,
      origin
    }
  }
}

function variable({ name, value, valueFrom }: NonNullable<Container['env']>[number]): EnvironmentVariable {
  const reference = (from: { name?: string; key: string; optional?: boolean }) => ({
    name: from.name ?? '',
    key: from.key,
    optional: from.optional ?? false
  })
  return {
    name,
    ...(value !== undefined && { value }),
    ...(valueFrom?.secretKeyRef && { secretKeyRef: reference(valueFrom.secretKeyRef) }),
    ...(valueFrom?.configMapKeyRef && { configMapKeyRef: reference(valueFrom.configMapKeyRef) })
  }
}

function bounded(max: number) {
  return refined(z.int(), value => (value < 0 || value > max ? `expected 0 <= ${value} <= ${max}` : undefined))
}

function checkPorts(containers: readonly Partial<Container>[] | undefined, report: Report): void {
  if (!Array.isArray(containers)) return
  const count = containers.reduce(
    (sum, container) => sum + (Array.isArray(container?.ports) ? container.ports.length : 0),
    0
  )
  if (count > 1)
    report(['containers'], 'more than one container port is set; only a single port is allowed across all containers')
  if (count === 0 && containers.length > 1)
    report(['containers'], 'missing field ports: with several containers, one must say which port is served')
}

function checkVolumes(
  containers: readonly Partial<Container>[] | undefined,
  volumes: readonly { name?: string }[] | undefined,
  report: Report
): void {
  if (!Array.isArray(containers)) return
  const mounted = new Set<string>()
  const names = (Array.isArray(volumes) ? volumes : []).map(volume => volume?.name)
  for (const [index, container] of containers.entries()) {
    for (const [at, mount] of (Array.isArray(container?.volumeMounts) ? container.volumeMounts : []).entries()) {
      mounted.add(mount?.name)
      if (!names.includes(mount?.name))
        report(['containers', index, 'volumeMounts', at, 'name'], `no volume is named "${mount?.name}"`)
    }
  }
  for (const [index, name] of names.entries()) {
    if (name !== undefined && !mounted.has(name))
      report(['volumes', index, 'name'], `the volume "${name}" is not mounted`)
  }
}
