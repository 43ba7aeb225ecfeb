// OpenAPI v3: what `kubectl explain` prints, and what kubectl asks for before it writes, so that it is this API that refuses the
// write, with a sentence. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
import schemas from './custom-resource-schemas.json' with { type: 'json' }
import { joinApiVersion, type ResourceType } from './resource-types.ts'

type Schema = Readonly<Record<string, unknown>>

/** By GROUP/VERSION/KIND: names and types of the custom resource definitions of Knative 1.23, Strimzi 1.2 and CloudNativePG. */
const known = new Map<string, Schema>(Object.entries(schemas))

export function openApiPaths(types: readonly ResourceType[]): Record<string, { serverRelativeURL: string }> {
  const paths = types.flatMap(({ group, versions }) => versions.map(version => pathOf(group, version)))
  return Object.fromEntries(paths.map(path => [path, { serverRelativeURL: `/openapi/v3/${path}` }]))
}

/** `apiVersion` as in the path: `v1`, `sources.knative.dev/v1`. */
export function openApiOf(types: readonly ResourceType[], apiVersion: string) {
  const served = types.flatMap(type =>
    type.versions
      .filter(version => joinApiVersion(type.group, version) === apiVersion)
      .map(version => ({ type, version, kinds: { group: type.group, version, kind: type.kind } }))
  )
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.0-local' },
    paths: Object.fromEntries(
      served.map(({ type, version, kinds }) => [
        `/${pathOf(type.group, version)}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.plural}/{name}`,
        {
          get: { responses: {}, 'x-kubernetes-action': 'get', 'x-kubernetes-group-version-kind': kinds },
          patch: {
            parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
            responses: {},
            'x-kubernetes-group-version-kind': kinds
          }
        }
      ])
    ),
    components: {
      schemas: Object.fromEntries(
        served.map(({ type, version, kinds }) => [
          [...type.group.split('.').toReversed(), version, type.kind].filter(part => part !== '').join('.'),
          { ...schemaOf(type, version), 'x-kubernetes-group-version-kind': [kinds] }
        ])
      )
    }
  }
}

const text = { type: 'string' }
const texts = { type: 'object', additionalProperties: text }
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** What every object has. Of metadata only what this API serves. */
const common = {
  apiVersion: text,
  kind: text,
  metadata: {
    type: 'object',
    properties: {
      name: text,
      namespace: text,
      labels: texts,
      annotations: texts,
      uid: text,
      resourceVersion: text,
      generation: { type: 'integer', format: 'int64' },
      creationTimestamp: { type: 'string', format: 'date-time' }
    }
  }
}

function schemaOf({ group, kind }: ResourceType, version: string): Schema {
  const definition = known.get(`${group}/${version}/${kind}`)
  const fields = definition?.properties ?? fieldsOfOthers.get(kind) ?? { spec: anything, status: anything }
  return {
    description:
      definition === undefined
        ? 'This API serves the object as its YAML has it and knows none of its fields.'
        : 'Names and types of the fields are those of the custom resource definition. Their descriptions are in a cluster: kubectl explain, with its kubeconfig.',
    type: 'object',
    properties: { ...fields, ...common }
  }
}

/** Kinds of Kubernetes itself without a spec. https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/ */
const fieldsOfOthers = new Map<string, Schema>(
  Object.entries({
    ConfigMap: { data: texts, binaryData: texts, immutable: { type: 'boolean' } },
    Secret: { data: texts, stringData: texts, type: text, immutable: { type: 'boolean' } }
  })
)

function pathOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}
