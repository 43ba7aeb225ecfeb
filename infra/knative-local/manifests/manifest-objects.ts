// The Kubernetes objects in the files: everything with apiVersion, kind and a name.
import { z } from 'zod'
import type { ManifestDocument, Path } from './manifest-document.ts'
import type { ManifestFile } from './manifest-files.ts'
import type { Metadata } from './kinds/kind.ts'
import { metadataSchema, rbacMetadataSchema, readableMetadata, templateMetadataSchema } from './metadata.ts'
import { nearestName } from './nearest-name.ts'
import type { ManifestObject } from './plan.ts'
import { formatPath, type Problem } from './problem.ts'
import { isRecord } from './is-record.ts'
import { checkSchema } from './schema.ts'
import { judgeKind, kindsOf } from './kinds/supported-kinds.ts'
import { withoutNulls } from './without-nulls.ts'

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

/** The namespace of a kubectl that has no other. */
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

export function readObjects(manifests: readonly ManifestFile[], problems: Problem[]): WrittenObject[] {
  const objects: WrittenObject[] = []
  for (const { file, documents, isBroken, isNamed } of manifests) {
    const before = objects.length + problems.length
    const others: ManifestDocument[] = []
    for (const document of documents) {
      const values = valuesIn(document)
      if (values.length === 0) others.push(document)
      for (const found of values) {
        const object = readObject(found, problems)
        if (object !== undefined) objects.push(object)
      }
    }
    if (isBroken) continue
    if (objects.length + problems.length === before) {
      if (!isNamed && file.endsWith('.json')) continue // package.json and the like stand in many a folder
      const level = isNamed ? 'error' : 'warning'
      const message = isNamed ? 'holds no Kubernetes object' : 'holds no Kubernetes object; skipped'
      problems.push({ level, origin: { file, line: 1 }, path: '', message })
    } else {
      for (const document of others) {
        if (document.value === null || document.value === undefined || isToolFile(document.value)) continue
        const message = 'this document has neither apiVersion nor kind; kubectl refuses it'
        problems.push({ level: 'error', origin: document.locate([]), path: '', message })
      }
    }
  }
  reportDuplicates(objects, problems)
  return objects
}

interface Found {
  readonly document: ManifestDocument
  readonly path: Path
  readonly value: Readonly<Record<string, unknown>>
}

/** What claims to be an object, and each item of a List. */
function valuesIn(document: ManifestDocument, path: Path = [], value: unknown = document.value): Found[] {
  if (!isRecord(value)) return []
  const { apiVersion, kind, items } = value
  // Both, for a version alone is in many a file.
  const isMisspelt = ['apiVersion', 'kind'].every(field => nearestName(field, Object.keys(value)) !== undefined)
  if (apiVersion === undefined && kind === undefined && !isMisspelt) return []
  if (isToolFile(value)) return []
  const isList = typeof kind === 'string' && kind.endsWith('List') && ('items' in value || kind === 'List')
  if (!isList) return [{ document, path, value }]
  return (Array.isArray(items) ? items : []).flatMap((item, index) => {
    const at = [...path, 'items', index]
    const found = valuesIn(document, at, item)
    if (found.length > 0 || isToolFile(item) || (isRecord(item) && 'items' in item)) return found
    return [{ document, path: at, value: isRecord(item) ? item : {} }]
  })
}

function isToolFile(value: unknown): boolean {
  return isRecord(value) && typeof value.apiVersion === 'string' && toolFiles.test(value.apiVersion)
}

function readObject({ document, path, value: written }: Found, problems: Problem[]): WrittenObject | undefined {
  const nulls: Path[] = []
  const value = withoutNulls(written, nulls)
  if (!isRecord(value)) return undefined
  const refuse = (at: Path, message: string) =>
    void problems.push({ level: 'error', origin: document.locate([...path, ...at]), path: formatPath(at), message })

  const { apiVersion, kind } = value
  if (kind === 'Template' && /^(template\.openshift\.io\/|v1$)/.test(String(apiVersion))) {
    refuse(
      ['kind'],
      'an OpenShift Template makes objects, and is none; run oc process --local -f FILE and read what it prints'
    )
    return undefined
  }
  for (const field of ['apiVersion', 'kind']) {
    if (value[field] !== undefined) continue
    const near = nearestName(field, Object.keys(value))
    refuse(
      near === undefined ? [] : [near],
      `missing field ${field}${near === undefined ? '' : `; did you mean "${field}" by "${near}"?`}`
    )
  }
  const isRbac = typeof apiVersion === 'string' && apiVersion.startsWith('rbac.authorization.k8s.io/')
  const metadataOnly = isRecord(value.metadata) ? value.metadata : {}
  const isGenerated = metadataOnly.name === undefined && typeof metadataOnly.generateName === 'string'
  if (isGenerated)
    refuse(
      ['metadata', 'generateName'],
      'kubectl apply needs metadata.name: it could not find the object again. Write a name (kubectl create takes generateName)'
    )
  const headSchema = isRbac ? rbacHead : isGenerated ? generatedHead : anyHead
  const headMetadata = checkSchema(headSchema, { document, path }, [], value, problems)
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined

  const verdict = judgeKind(apiVersion, kind)
  if (verdict.verdict === 'unsupported') refuse(['kind'], verdict.message)
  if (verdict.verdict === 'unknown') {
    const near =
      verdict.field === 'kind'
        ? nearestName(kind, kindsOf(apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''))
        : undefined
    refuse([verdict.field], `${verdict.message}${near === undefined ? '' : `; did you mean ${near}?`}`)
  }

  if ('requiresSpec' in verdict && value.spec === undefined) refuse(['spec'], 'missing field')
  if ('warning' in verdict && verdict.warning !== undefined) {
    const origin = document.locate([...path, 'apiVersion'])
    problems.push({ level: 'warning', origin, path: 'apiVersion', message: verdict.warning })
  }
  if (verdict.verdict === 'read') {
    for (const at of nulls) {
      const message = 'nothing is written here, so it counts as absent; fill it in or remove it'
      problems.push({ level: 'warning', origin: document.locate([...path, ...at]), path: formatPath(at), message })
    }
  }

  const named = {
    ...readableMetadata(value.metadata),
    ...headMetadata?.metadata,
    name: readableMetadata(value.metadata).name
  }
  const namespace = clusterScoped.has(kind) ? '' : (named.namespace ?? defaultNamespace)
  const metadata: Metadata = { ...named, namespace }
  return {
    object: { ...value, apiVersion, kind, metadata, origin: document.locate(path) },
    metadata,
    value,
    document,
    path,
    ...(verdict.verdict === 'read' && { kindKey: verdict.key })
  }
}

const head = { apiVersion: z.string().optional(), kind: z.string().optional() }
const anyHead = z.looseObject({ ...head, metadata: metadataSchema })
const rbacHead = z.looseObject({ ...head, metadata: rbacMetadataSchema })
const generatedHead = z.looseObject({ ...head, metadata: templateMetadataSchema })

/** Kinds that others are read with. */
const usedHere = new Set(['ConfigMap', 'Secret', 'Kafka', 'KafkaNodePool', 'KafkaConnect', 'KafkaUser'])

function reportDuplicates(objects: readonly WrittenObject[], problems: Problem[]): void {
  const first = new Map<string, WrittenObject>()
  for (const written of objects) {
    const { object, metadata } = written
    if (metadata.name === '') continue
    // kubectl applies an object that is there twice twice; here it counts where it would be read twice.
    if (written.kindKey === undefined && !usedHere.has(object.kind)) continue
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
