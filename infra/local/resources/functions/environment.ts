// The environment of a function's container, as its process here gets it.
import type { Service } from '../../manifests/plan.ts'
import { type ClusterAddresses, localise } from '../cluster-addresses.ts'
import type { Secrets } from '../secrets.ts'

export interface EnvironmentSources {
  readonly addresses: ClusterAddresses
  readonly secrets: Secrets
}

/** @throws naming every variable that cannot be given a value, with its file */
export function serviceEnvironment(
  service: Service,
  { addresses, secrets }: EnvironmentSources
): Record<string, string> {
  const environment: Record<string, string> = {}
  const problems: string[] = []
  for (const { name, value, secretKeyRef, configMapKeyRef } of service.env) {
    try {
      if (secretKeyRef) environment[name] = secrets.secret(secretKeyRef.name, secretKeyRef.key)
      else if (configMapKeyRef)
        environment[name] = localise(secrets.configMap(configMapKeyRef.name, configMapKeyRef.key), addresses)
      else environment[name] = localise(value ?? '', addresses)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      problems.push(`${service.origin.file}:${service.origin.line} env ${name}: ${reason}`)
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return {
    ...environment,
    // What Knative adds: https://github.com/knative/specs/blob/main/specs/serving/runtime-contract.md#process
    K_SERVICE: service.name,
    K_CONFIGURATION: service.name,
    K_REVISION: `${service.name}-local`,
    HOST: '127.0.0.1'
  }
}

/** The folder in functions/ that a Service runs. @throws when the Service names none */
export function functionOf(service: Service): string {
  const target = service.env.find(({ name }) => name === 'FUNCTION_TARGET')?.value
  if (!target)
    throw new Error(`${service.origin.file}:${service.origin.line} Service ${service.name} has no FUNCTION_TARGET`)
  return target
}
