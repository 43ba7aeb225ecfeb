// Protobuf's descriptors, in a bundle, as the objects that they are decoded to. Generated code has their bytes, and for reading those
// protobuf-es builds the descriptor of all descriptors first, of 34 messages: together a sixth of a function's start.
import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { base64Decode } from '@bufbuild/protobuf/wire'
import type { Plugin } from 'esbuild'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'

export const decodedDescriptors: Plugin = {
  name: 'decoded-descriptors',
  setup({ onLoad }) {
    onLoad({ filter: /_pb\.[jt]s$/ }, async ({ path }) => ({
      loader: extname(path) === '.ts' ? 'ts' : 'js',
      contents: withDecoded(await readFile(path, 'utf8'))
    }))
    onLoad({ filter: /\/@bufbuild\/protobuf\/dist\/esm\/codegenv2\/file\.js$/ }, async ({ path }) => ({
      loader: 'js',
      contents: replaced(
        await readFile(path, 'utf8'),
        'fromBinary(FileDescriptorProtoSchema, base64Decode(b64))',
        'b64'
      )
    }))
  }
}

/** Generated code, with the descriptor of its file in the place of the descriptor's bytes. */
export function withDecoded(code: string): string {
  const prototypes: string[] = []
  const decoded = code.replace(/(?<=\bfileDesc\()"([\w+/=]+)"/, (_, bytes: string) =>
    literal(fromBinary(FileDescriptorProtoSchema, base64Decode(bytes)), prototypes)
  )
  return `${prototypes.map((prototype, index) => `const prototype${index} = ${prototype}; `).join('')}${decoded}`
}

/** A message with its prototype, which has the defaults of fields that are not set. */
function literal(value: unknown, prototypes: string[]): string {
  if (Array.isArray(value)) return `[${value.map(item => literal(item, prototypes)).join()}]`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)
  if (value instanceof Uint8Array) return `Uint8Array.of(${value.join()})`
  const own = properties(value, prototypes)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) return `{${own}}`
  const written = `{${properties(prototype, prototypes)}}`
  if (!prototypes.includes(written)) prototypes.push(written)
  return `{__proto__:prototype${prototypes.indexOf(written)},${own}}`
}

const properties = (of: object, prototypes: string[]): string =>
  Object.entries(of)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}:${literal(value, prototypes)}`)
    .join()

function replaced(code: string, from: string, to: string): string {
  if (!code.includes(from)) throw new Error(`protobuf-es no longer has ${from}: see infra/descriptors.ts`)
  return code.replace(from, to)
}
