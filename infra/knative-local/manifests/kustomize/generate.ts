// ConfigMaps and Secrets made of literals and files, and the hash of their content in their names.
// https://github.com/kubernetes-sigs/kustomize/tree/api/v0.18.0/api/internal/generators
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { isUtf8 } from 'node:buffer'
import { isRecord } from '../is-record.ts'
import type { Generator, GeneratorOptions } from './kustomization.ts'
import { newResource, metadataOf, type Resource } from './resource.ts'
import type { Place } from './places.ts'

/** As many characters stand on one line of base64; a longer value ends with a line break. */
const base64LineLength = 70

export type ReadBytes = (path: string) => Promise<Buffer>

export async function generate(
  kind: 'ConfigMap' | 'Secret',
  generator: Generator,
  common: GeneratorOptions,
  place: Place,
  read: ReadBytes
): Promise<Resource> {
  const { name, namespace, behavior = 'create' } = generator
  const options = generator.options ?? {}
  const labels = { ...common.labels, ...options.labels }
  const annotations = { ...common.annotations, ...options.annotations }
  const data: Record<string, string> = {}
  const binaryData: Record<string, string> = {}
  for (const [key, bytes] of await pairsOf(generator, read)) {
    if (!/^[-._a-zA-Z0-9]+$/.test(key)) throw new Error(`"${key}" is not a key: letters, digits, '-', '_' and '.'`)
    if (key in data || key in binaryData) throw new Error(`the key ${key} occurs twice`)
    if (kind === 'Secret') data[key] = base64(bytes)
    else if (isUtf8(bytes)) data[key] = bytes.toString('utf8')
    else binaryData[key] = base64(bytes)
  }
  const value = {
    apiVersion: 'v1',
    kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations })
    },
    ...(kind === 'Secret' && { type: generator.type || 'Opaque' }),
    ...((Object.keys(data).length > 0 || kind === 'Secret') && { data }),
    ...(Object.keys(binaryData).length > 0 && { binaryData }),
    ...((options.immutable === true || common.immutable === true) && { immutable: true })
  }
  const needsHash = options.disableNameSuffixHash !== true && common.disableNameSuffixHash !== true
  return newResource(value, place, { needsHash, behavior })
}

/** What a generator of behavior merge or replace takes over from the object that was there. */
export function mergeGenerated(before: Resource, generated: Resource): Resource {
  const [old, now] = [before.value, generated.value]
  const merged = (field: string, from: Record<string, unknown>, to: Record<string, unknown>) => {
    const map = { ...(isRecord(from[field]) ? from[field] : {}), ...(isRecord(to[field]) ? to[field] : {}) }
    return Object.keys(map).length === 0 ? {} : { [field]: map }
  }
  const [oldMetadata, metadata] = [metadataOf(before), metadataOf(generated)]
  const value = {
    ...now,
    metadata: {
      ...metadata,
      name: oldMetadata.name,
      ...(oldMetadata.namespace !== undefined && { namespace: oldMetadata.namespace }),
      ...merged('labels', oldMetadata, metadata),
      ...merged('annotations', oldMetadata, metadata)
    },
    ...(generated.generated?.behavior === 'merge' && { ...merged('data', old, now), ...merged('binaryData', old, now) })
  }
  const needsHash = generated.generated?.needsHash === true && before.generated?.needsHash === true
  return { ...before, value, generated: { needsHash, behavior: before.generated?.behavior ?? 'create' } }
}

/** The start of a SHA-256, in letters and digits that make no words. https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/hasher/hasher.go */
export function contentHash({ value }: Resource): string {
  const { kind, type, data, binaryData, stringData } = value
  const content: Record<string, string> = {
    ...(isRecord(binaryData) && { binaryData: sortedJson(binaryData) }),
    data: isRecord(data) ? sortedJson(data) : '""',
    kind: JSON.stringify(kind),
    // Kustomize means the name and reads none, so that the hash is that of the content alone.
    name: '""',
    ...(isRecord(stringData) && { stringData: sortedJson(stringData) }),
    ...(kind === 'Secret' && { type: JSON.stringify(type ?? '') })
  }
  const fields = Object.entries(content).map(([key, json]) => `"${key}":${json}`)
  // Go escapes these in JSON.
  const text = `{${fields.join(',')}}`.replaceAll(
    /[<>&\u2028\u2029]/g,
    letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
  const digits: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' }
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 10)
    .replaceAll(/[013ae]/g, digit => digits[digit] ?? digit)
}

async function pairsOf(generator: Generator, read: ReadBytes): Promise<[string, Buffer][]> {
  const pairs: [string, Buffer][] = []
  for (const path of [...(generator.envs ?? []), ...(generator.env === undefined ? [] : [generator.env])]) {
    const text = (await read(path)).toString('utf8').replace(/^\uFEFF/, '')
    for (const line of text.split(/\r?\n/).map(raw => raw.trimStart())) {
      if (line === '' || line.startsWith('#')) continue
      const equal = line.indexOf('=')
      const [key, value] = equal === -1 ? [line, ''] : [line.slice(0, equal), line.slice(equal + 1)]
      if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key)) throw new Error(`"${key}" of ${path} is not a variable's name`)
      pairs.push([key, Buffer.from(value)])
    }
  }
  for (const literal of generator.literals ?? []) {
    const [, key, value = ''] = /^([^=]+)=(.*)$/s.exec(literal) ?? []
    if (key === undefined) throw new Error(`"${literal}" is not KEY=VALUE`)
    pairs.push([key, Buffer.from(value.replace(/^(["'])(.*)\1$/s, '$2'))])
  }
  for (const source of generator.files ?? []) {
    const [key, path, ...more] = source.includes('=') ? source.split('=') : [basename(source), source]
    if (!key || !path || more.length > 0) throw new Error(`"${source}" is not FILE or KEY=FILE`)
    pairs.push([key, await read(path)])
  }
  return pairs
}

function base64(bytes: Buffer): string {
  const text = bytes.toString('base64')
  if (text.length < base64LineLength) return text
  return text.replaceAll(new RegExp(`.{1,${base64LineLength}}`, 'g'), '$&\n')
}

/** Not by way of an object: there numbers would come first. */
function sortedJson(map: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${JSON.stringify(field)}`).join(',')}}`
}
