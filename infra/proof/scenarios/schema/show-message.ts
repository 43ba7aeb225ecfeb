// One message in three ways: as it lies in Kafka, decoded as deadLetterReplay decodes letters, and by its schema's id.
import { createDecoder } from '../../../../functions/deadLetterReplay/decode-data.ts'
import { withCredentials } from '../../../knative-local/single-parts.ts'
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'
import { courseCodec } from './course-codec.ts'
import { hexDump } from './hex-dump.ts'
import type { Reading } from './read-each-other.ts'
import type { Subject } from './registry-subject.ts'

export async function showMessage(
  { endpoints }: Stage,
  narrator: Narrator,
  subject: Subject,
  readings: readonly Reading[]
): Promise<void> {
  const last = readings.at(-1)
  if (!last) throw new Error('Nothing was read')
  const { record, writer } = last
  const value = record.value ?? Buffer.alloc(0)
  const headers = record.headers.map(([name, content]) => [name, content?.toString() ?? ''] as const)

  narrator.step('One message as bytes, as JSON and by schema id')
  const attributes = Object.fromEntries(headers.map(([name, content]) => [attributeOf(name), content]))
  const shown = headers.filter(([name]) => ['ce_type', 'ce_dataschema', 'content-type'].includes(name))
  narrator.block([...shown.map(([name, content]) => `${name}: ${content}`), ...hexDump(value)].join('\n'))
  const decoded = await createDecoder(withCredentials(endpoints.registry.url, endpoints.registry))(attributes, value)
  narrator.say('Decoded by the version that ce_dataschema names, as deadLetterReplay shows a letter:')
  narrator.block(JSON.stringify(decoded))
  const { id } = await subject.textAt(attributes.dataschema ?? '')
  const schema = await subject.textById(id)
  narrator.say(`GET /schemas/ids/${id}, for a reader who has only the id:`)
  narrator.block(schema.replaceAll(/\n+/g, '\n').trim())
  const byId = courseCodec(schema, attributes.type ?? '').decode(value)
  const wanted = JSON.stringify(writer.course)
  narrator.claim('the decoded message is what was written', JSON.stringify(decoded) === wanted, `${value.length} bytes`)
  narrator.claim('and so it is by the schema id', JSON.stringify(byId) === wanted, JSON.stringify(byId))
  narrator.fact('message', { hex: value.toString('hex'), decoded, schemaId: id })
}

/** Of a CloudEvents header in Kafka's binary mode. */
const attributeOf = (header: string) => (header === 'content-type' ? 'datacontenttype' : header.replace(/^ce_/, ''))
