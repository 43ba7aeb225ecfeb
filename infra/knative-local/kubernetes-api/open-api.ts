// As much OpenAPI as kubectl asks for before it writes, so that it is this API that refuses the write, with a sentence.
import { joinApiVersion, type ResourceType } from './resource-types.ts'

export function openApiPaths(types: readonly ResourceType[]): Record<string, { serverRelativeURL: string }> {
  const paths = types.flatMap(({ group, versions }) => versions.map(version => pathOf(group, version)))
  return Object.fromEntries(paths.map(path => [path, { serverRelativeURL: `/openapi/v3/${path}` }]))
}

/** `apiVersion` as in the path: `v1`, `sources.knative.dev/v1`. */
export function openApiOf(types: readonly ResourceType[], apiVersion: string) {
  const served = types.flatMap(type =>
    type.versions
      .filter(version => joinApiVersion(type.group, version) === apiVersion)
      .map(version => ({ type, version }))
  )
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.33.0-local' },
    paths: Object.fromEntries(
      served.map(({ type, version }) => [
        `/${pathOf(type.group, version)}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.plural}/{name}`,
        {
          patch: {
            parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
            responses: {},
            'x-kubernetes-group-version-kind': { group: type.group, version, kind: type.kind }
          }
        }
      ])
    ),
    components: { schemas: {} }
  }
}

function pathOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}
