// The Kubernetes objects in the files: everything with apiVersion, kind and a name.
import { z } from 'zod'
import type { ManifestDocument, Path } from './manifest-document.ts'
import type { Additions, ManifestFile } from './manifest-files.ts'
import type { Metadata } from './kind.ts'
import { metadataSchema } from './metadata.ts'
import { nearestName } from './nearest-name.ts'
import type { ManifestObject } from './plan.ts'
import { formatPath, type Problem } from './problem.ts'
import { checkSchema, isRecord } from './schema.ts'
import { judgeKind, kindsOf } from './supported-kinds.ts'

export interface WrittenObject {
  readonly object: ManifestObject
  readonly metadata: Metadata
  /** As it stands in the file. */
  readonly value: unknown
  readonly document: ManifestDocument
  /** Where the object is in its document; not the root in a List. */
  readonly path: Path
  /** `group/Kind` of a kind that is read here. */
  readonly kindKey?: string
}

/** The namespace of a kubectl that has not been told another. */
const defaultNamespace = 'default'

/** Tools whose files look like objects but are not sent to a cluster. */
const toolFiles = /^(skaffold|kustomize\.config\.k8s\.io|kind\.x-k8s\.io|k3d\.io|ctlptl\.dev)\//

const clusterScoped = new Set([
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'StorageClass',
  'PersistentVolume',
  'PriorityClass',
  'IngressClass',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'Node'
])

export function readObjects(files: readonly ManifestFile[], problems: Problem[]): WrittenObject[] {
  const objects: WrittenObject[] = []
  for (const { file, documents, additions } of files) {
    const before = objects.length + problems.length
    for (const document of documents) readValue(document, [], document.value, additions, objects, problems)
    if (objects.length + problems.length === before) {
      problems.push({
        level: 'warning',
        origin: { file, line: 1 },
        path: '',
        message: 'holds no Kubernetes object; skipped'
      })
    }
  }
  reportDuplicates(objects, problems)
  return objects
}

function readValue(
  document: ManifestDocument,
  path: Path,
  value: unknown,
  additions: Additions,
  objects: WrittenObject[],
  problems: Problem[]
): void {
  const refuse = (at: Path, message: string) =>
    problems.push({ level: 'error', origin: document.locate([...path, ...at]), path: formatPath(at), message })

  if (!isRecord(value)) return
  const { apiVersion, kind } = value
  if (apiVersion === undefined && kind === undefined) return
  if (typeof apiVersion === 'string' && toolFiles.test(apiVersion)) return
  for (const [field, text] of Object.entries({ apiVersion, kind })) {
    if (typeof text === 'string' && text !== '') continue
    const near = nearestName(field, Object.keys(value))
    return void refuse(
      text === undefined ? [near ?? ''] : [field],
      text === undefined
        ? `missing field ${field}${near === undefined ? '' : `; did you mean "${field}" by "${near}"?`}`
        : `${field}: a text is expected`
    )
  }
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return
  if (apiVersion === 'v1' && kind === 'List') {
    for (const [index, item] of (Array.isArray(value.items) ? value.items : []).entries()) {
      readValue(document, [...path, 'items', index], item, additions, objects, problems)
    }
    return
  }

  const written = checkSchema(z.looseObject({ metadata: metadataSchema }), { document, path }, [], value, problems)
  if (written === undefined) return
  const namespace = clusterScoped.has(kind)
    ? ''
    : (additions.namespace ?? written.metadata.namespace ?? defaultNamespace)
  const metadata: Metadata = {
    ...written.metadata,
    namespace,
    ...((written.metadata.labels !== undefined || Object.keys(additions.labels).length > 0) && {
      labels: { ...written.metadata.labels, ...additions.labels }
    })
  }
  const verdict = judgeKind(apiVersion, kind)
  if (verdict.verdict === 'unsupported') refuse(['kind'], verdict.message)
  if (verdict.verdict === 'unknown') {
    const near = verdict.field === 'kind' ? nearestName(kind, kindsOf(apiVersion.split('/')[0] ?? '')) : undefined
    refuse([verdict.field], `${verdict.message}${near === undefined ? '' : `; did you mean ${near}?`}`)
  }
  objects.push({
    object: { ...value, apiVersion, kind, metadata, origin: document.locate(path) },
    metadata,
    value,
    document,
    path,
    ...(verdict.verdict === 'read' && { kindKey: verdict.key })
  })
}

function reportDuplicates(objects: readonly WrittenObject[], problems: Problem[]): void {
  const first = new Map<string, WrittenObject>()
  for (const written of objects) {
    const { object, metadata } = written
    const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : ''
    const key = `${group}/${object.kind}/${metadata.namespace}/${metadata.name}`
    const before = first.get(key)
    if (before === undefined) {
      first.set(key, written)
      continue
    }
    problems.push({
      level: 'error',
      origin: written.document.locate([...written.path, 'metadata', 'name']),
      path: 'metadata.name',
      message: `${object.kind} ${metadata.name} is declared already in ${before.object.origin.file}:${before.object.origin.line}; the later would overwrite the earlier. Rename or remove one`
    })
  }
}
