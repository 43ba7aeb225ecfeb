// The environment of a function's container, as its process here gets it.
import type { Service } from '../manifests/plan.ts'
import { type ClusterAddresses, localise } from '../parts/cluster-addresses.ts'
import type { Secrets } from '../parts/secrets.ts'

export interface EnvironmentSources {
  readonly addresses: ClusterAddresses
  readonly secrets: Secrets
  /** Where the stack wants spans, by OpenTelemetry's variables. */
  readonly tracing?: Readonly<Record<string, string>> | undefined
}

/** `override` takes the place of variables of its names. @throws naming every variable that cannot be given a value, with its file */
export function serviceEnvironment(
  service: Service,
  { addresses, secrets, tracing }: EnvironmentSources,
  override: Readonly<Record<string, string>> = {}
): Record<string, string> {
  const environment: Record<string, string> = {}
  const problems: string[] = []
  const local = (written: string): string => localise(written, addresses, service.namespace)
  const take = (what: string, optional: boolean, read: () => Record<string, string>): void => {
    try {
      Object.assign(environment, read())
    } catch (error) {
      if (optional) return
      const reason = error instanceof Error ? error.message : String(error)
      problems.push(`${service.origin.file}:${service.origin.line} ${what}: ${reason}`)
    }
  }
  for (const { prefix, configMapRef, secretRef } of service.envFrom) {
    if (configMapRef) {
      const { name, optional } = configMapRef
      take(`envFrom ${name}`, optional, () => prefixed(prefix, secrets.wholeConfigMap(name), local))
    }
    if (secretRef) {
      const { name, optional } = secretRef
      take(`envFrom ${name}`, optional, () => prefixed(prefix, secrets.wholeSecret(name), asItIs))
    }
  }
  for (const { name, value, secretKeyRef, configMapKeyRef } of service.env) {
    if (Object.hasOwn(override, name)) continue
    const optional = secretKeyRef?.optional ?? configMapKeyRef?.optional ?? false
    take(`env ${name}`, optional, () => {
      if (secretKeyRef) return { [name]: secrets.secret(secretKeyRef.name, secretKeyRef.key) }
      const written = configMapKeyRef ? secrets.configMap(configMapKeyRef.name, configMapKeyRef.key) : value
      return { [name]: local(written ?? '') }
    })
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return {
    ...(tracing && { OTEL_SERVICE_NAME: service.name }),
    ...environment,
    ...tracing,
    ...override,
    // What Knative adds: https://github.com/knative/specs/blob/main/specs/serving/runtime-contract.md#process
    K_SERVICE: service.name,
    K_CONFIGURATION: service.name,
    K_REVISION: `${service.name}-local`,
    HOST: '127.0.0.1'
  }
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, string>>,
  shown: (value: string) => string
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, shown(value)]))
}

const asItIs = (value: string): string => value

/** The folder in functions/ that a Service runs. @throws when the Service names none */
export function functionOf(service: Service): string {
  const target = service.env.find(({ name }) => name === 'FUNCTION_TARGET')?.value
  if (!target)
    throw new Error(`${service.origin.file}:${service.origin.line} Service ${service.name} has no FUNCTION_TARGET`)
  return target
}
