// A container of a Knative Service: the fields of the custom resource definition, and what the webhook refuses of them.
// https://github.com/knative/serving/blob/main/pkg/apis/serving/k8s_validation.go
import { posix } from 'node:path'
import { z } from 'zod'
import { imageProblem } from './image-reference.ts'
import { object, refined, rule, uniqueBy } from '../schema.ts'
import { behindFeature } from './serving-feature.ts'

/** Knative sets these itself. */
const reservedEnvironment = new Set(['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION'])
/** Ports of the queue proxy beside each container, and of profiling. */
const reservedPorts = new Set([8012, 8013, 8022, 9090, 9091, 8008])
const portNames = new Set(['h2c', 'http1', ''])
const reservedMounts = new Set(['/', '/dev', '/dev/log'])
const maxId = 2_147_483_647

const quantityPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?(\d+(\.\d*)?|\.\d+))?$/

export const keyReference = object({ name: z.string().optional(), key: z.string(), optional: z.boolean().optional() })
const wholeReference = object({ name: z.string().optional(), optional: z.boolean().optional() })

const environmentVariable = object({
  name: z.string().min(1, 'missing field'),
  value: z.string().optional(),
  valueFrom: object({
    configMapKeyRef: keyReference.optional(),
    secretKeyRef: keyReference.optional(),
    fieldRef: behindFeature('kubernetes.podspec-fieldref'),
    resourceFieldRef: behindFeature('kubernetes.podspec-fieldref')
  }).optional()
})

const environmentSource = rule(
  object({
    prefix: z.string().optional(),
    configMapRef: wholeReference.optional(),
    secretRef: wholeReference.optional()
  }),
  ({ configMapRef, secretRef }, report) => {
    if ((configMapRef === undefined) === (secretRef === undefined))
      report(
        [],
        `expected exactly one of configMapRef and secretRef, got ${configMapRef === undefined ? 'neither' : 'both'}`
      )
  }
)

const quantity = z.custom<string | number>(
  value => (typeof value === 'number' || typeof value === 'string') && quantityPattern.test(String(value)),
  { error: issue => `invalid value: "${String(issue.input)}"; a quantity such as 100m, 0.5 or 256Mi is expected` }
)
const quantities = z.record(z.string(), quantity)

const port = z.union([z.int(), z.string()], { error: 'expected a port number, or the name of the container port' })

const probe = rule(
  object({
    exec: object({ command: z.array(z.string()).optional() }).optional(),
    grpc: object({ port: z.int32().optional(), service: z.string().optional() }).optional(),
    httpGet: object({
      host: z.string().optional(),
      path: z.string().optional(),
      port: port.optional(),
      scheme: z.string().optional(),
      httpHeaders: z.array(object({ name: z.string(), value: z.string() })).optional()
    }).optional(),
    tcpSocket: object({ host: z.string().optional(), port: port.optional() }).optional(),
    failureThreshold: z.int32().optional(),
    initialDelaySeconds: z.int32().optional(),
    periodSeconds: z.int32().optional(),
    successThreshold: z.int32().optional(),
    timeoutSeconds: z.int32().optional()
  }),
  (value, report) => {
    const handlers = (['httpGet', 'tcpSocket', 'exec', 'grpc'] as const).filter(handler => value[handler] !== undefined)
    if (handlers.length > 1) report([], `expected exactly one of ${handlers.join(', ')}, got ${handlers.length}`)
  }
)

const needsHandler = rule(probe, (value, report) => {
  if (!('httpGet' in value || 'tcpSocket' in value || 'exec' in value || 'grpc' in value))
    report([], 'expected exactly one of httpGet, tcpSocket, exec, grpc, got neither')
})

/** A readiness probe without a handler connects to the container's port. */
const readinessProbe = rule(
  probe,
  (
    { periodSeconds = 0, failureThreshold = 0, timeoutSeconds = 0, successThreshold = 0, initialDelaySeconds = 0 },
    report
  ) => {
    for (const [field, value] of Object.entries({ periodSeconds, initialDelaySeconds, successThreshold })) {
      if (value < 0) report([field], `expected ${field === 'successThreshold' ? 1 : 0} <= ${value}`)
    }
    if (periodSeconds === 0) {
      // Knative then probes as often as it needs, and counts for itself.
      for (const [field, value] of Object.entries({ failureThreshold, timeoutSeconds })) {
        if (value !== 0)
          report([field], `${field} is not allowed while periodSeconds is 0 or missing; set periodSeconds too`)
      }
    } else {
      for (const [field, value] of Object.entries({ failureThreshold, timeoutSeconds })) {
        if (value < 0) report([field], `expected 1 <= ${value}`)
      }
    }
  }
)

const id = refined(z.int(), value => (value < 0 || value > maxId ? `expected 0 <= ${value} <= ${maxId}` : undefined))

const securityContext = rule(
  object({
    allowPrivilegeEscalation: z.boolean().optional(),
    capabilities: object({
      add: behindFeature('kubernetes.containerspec-addcapabilities'),
      drop: z.array(z.string()).optional()
    }).optional(),
    privileged: z.boolean().optional(),
    readOnlyRootFilesystem: z.boolean().optional(),
    runAsGroup: id.optional(),
    runAsNonRoot: z.boolean().optional(),
    runAsUser: id.optional(),
    seccompProfile: object({ type: z.string(), localhostProfile: z.string().optional() }).optional()
  }),
  ({ privileged }, report) => {
    if (privileged === true) report(['privileged'], 'must not be set: Knative runs no privileged containers')
  }
)

const volumeMount = object({
  name: z.string(),
  mountPath: refined(z.string().min(1, 'missing field'), path => {
    if (!path.startsWith('/')) return `invalid value: "${path}"; an absolute path is expected`
    return reservedMounts.has(cleanPath(path)) ? `mountPath "${path}" is a reserved path` : undefined
  }),
  mountPropagation: behindFeature('kubernetes.podspec-volumes-mount-propagation'),
  readOnly: z.boolean().optional(),
  subPath: z.string().optional()
})

const volumeMounts = z.array(volumeMount).superRefine((mounts, context) => {
  const seen = new Set<string>()
  for (const [index, { mountPath }] of mounts.entries()) {
    const path = cleanPath(mountPath)
    if (seen.has(path))
      context.addIssue({ code: 'custom', path: [index, 'mountPath'], message: `"${mountPath}" must be unique` })
    seen.add(path)
  }
})

const containerPort = rule(
  object({ containerPort: z.int32().optional(), name: z.string().optional(), protocol: z.string().optional() }),
  ({ containerPort: number, name, protocol }, report) => {
    if (typeof number === 'number' && reservedPorts.has(number))
      report(['containerPort'], `${number} is a reserved port, please use a different value`)
    else if (typeof number === 'number' && (number < 0 || number > 65_535))
      report(['containerPort'], `expected 0 <= ${number} <= 65535`)
    if (typeof name === 'string' && !portNames.has(name))
      report(['name'], `port name "${name}" is not allowed; leave it out, or use h2c or http1`)
    if (typeof protocol === 'string' && protocol !== '' && protocol !== 'TCP')
      report(['protocol'], `invalid value: "${protocol}"; use TCP`)
  }
)

export const containerSchema = rule(
  object({
    name: refined(z.string(), name =>
      name === 'queue-proxy' ? `"${name}" is a reserved container name` : undefined
    ).optional(),
    image: refined(z.string().min(1, 'missing field'), imageProblem),
    imagePullPolicy: z.string().optional(),
    args: z.array(z.string()).optional(),
    command: z.array(z.string()).optional(),
    env: uniqueBy(environmentVariable, 'name').optional(),
    envFrom: z.array(environmentSource).optional(),
    livenessProbe: needsHandler.optional(),
    readinessProbe: readinessProbe.optional(),
    startupProbe: needsHandler.optional(),
    ports: z.array(containerPort).optional(),
    resources: object({ limits: quantities.optional(), requests: quantities.optional() }).optional(),
    securityContext: securityContext.optional(),
    terminationMessagePath: z.string().optional(),
    terminationMessagePolicy: z.enum(['File', 'FallbackToLogsOnError', '']).optional(),
    volumeMounts: volumeMounts.optional(),
    workingDir: z.string().optional()
  }),
  ({ env, ports, livenessProbe, readinessProbe: readiness, startupProbe }, report) => {
    const serving = !Array.isArray(ports) || ports.length > 0
    for (const [index, variable] of Array.isArray(env) ? env.entries() : []) {
      if (reservedEnvironment.has(variable?.name) && (serving || variable.name !== 'PORT')) {
        report(['env', index, 'name'], `"${variable.name}" is a reserved environment variable: Knative sets it`)
      }
    }
    const portName = (Array.isArray(ports) ? ports[0]?.name : undefined) || 'http'
    for (const [field, value] of Object.entries({ livenessProbe, readinessProbe: readiness, startupProbe })) {
      for (const handler of ['httpGet', 'tcpSocket'] as const) {
        const named = value?.[handler]?.port
        if (typeof named === 'string' && named !== '' && named !== portName)
          report(
            [field, handler, 'port'],
            `invalid value: "${named}"; the probe's port must be that of the container (leave it out)`
          )
      }
    }
  }
)

export type Container = z.output<typeof containerSchema>

/** What Kubernetes leaves open unless it is written; Knative's webhook warns about it at every apply. */
export function insecureDefaults({ securityContext: written }: Container): string[] {
  return [
    ...(written?.runAsNonRoot === undefined ? ['runAsNonRoot'] : []),
    ...(written?.allowPrivilegeEscalation === undefined ? ['allowPrivilegeEscalation'] : []),
    ...(written?.seccompProfile === undefined ? ['seccompProfile'] : []),
    ...(written?.capabilities?.drop === undefined ? ['capabilities.drop'] : [])
  ]
}

function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(.)\/$/, '$1')
}
