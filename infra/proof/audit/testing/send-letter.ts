import type { School } from './school.ts'

/** As a KafkaSink writes what onStudentCreate failed on. */
export async function sendLetter(school: School, topic: string): Promise<void> {
  const [row] = await school.outboxRows()
  if (row === undefined) throw new Error('no event to fail on')
  await school.producer.send({
    topic,
    messages: [
      {
        key: row.key,
        value: row.payload,
        headers: {
          ce_specversion: '1.0',
          ce_id: row.id,
          ce_source: row.source,
          ce_type: row.type,
          ce_subject: row.subject,
          ce_sequence: row.sequence,
          ce_function: 'onStudentCreate',
          'content-type': row.contentType
        }
      }
    ]
  })
}
