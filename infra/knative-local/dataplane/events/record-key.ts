// The key of a plain record as an attribute, by the KafkaSource's label kafkasources.sources.knative.dev/key-type.
import type { KafkaSource } from '../../manifests/plan.ts'
import { javaDouble, javaFloat } from './java-double.ts'

export type KeyType = KafkaSource['keyType']

/** undefined for no key; a length that does not fit the type falls back to text, as in the original. */
export function keyText(key: Buffer | null, type: KeyType): string | undefined {
  if (key === null || key.length === 0) return undefined
  if (type === 'byte-array') return key.toString('base64')
  if (type === 'int' && key.length === 4) return String(key.readInt32BE())
  if (type === 'float' && key.length === 4) return javaFloat(key.readFloatBE())
  if (type === 'float' && key.length === 8) return javaDouble(key.readDoubleBE())
  return key.toString('utf8')
}
