// What Knative alone gives: a function that does at once what it is sent, behind a KafkaSource of its own. It decodes as the
// project's functions do, and has neither fence nor held events.
import { dataPlaneEntry } from '../../../knative-local/testing.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { PermanentFailure } from '../../../../functions/runtime/errors.ts'
import { readEvent } from '../../../../functions/runtime/events/received-event.ts'
import { encodeStudentEvent, type Student, studentUpdated } from '../../../../functions/students/student-events.ts'
import { formatSequence } from '../../../../functions/runtime/delivery/position.ts'
import { protobufContentType, readTyped } from '../../../../functions/runtime/events/event-type.ts'
import { StudentUpdatedSchema } from '../../../../schemas/generated/school/student/v1/student_updated_pb.ts'
import { projectDirectory } from '../../../bundle.ts'
import { deleteGroup } from '../stage/delete-group.ts'
import type { Stage } from '../stage/stage.ts'

export interface UnfencedFunction {
  /** Sends it an update, as a replay would. */
  send(student: Student): Promise<void>
  /** The sequences of one student's updates, as they were applied. */
  applied(studentId: string): readonly number[]
  /** The sequences of the same student's updates that came to its dead letter sink. */
  deadLetters(studentId: string): readonly number[]
}

interface Update {
  readonly studentId: string
  readonly sequence: number
}

const topic = 'student_update'
const stopTimeoutMs = 10_000

/** Follows student_update from its present end on, until the scenario ends. */
export async function startUnfencedFunction(stage: Stage): Promise<UnfencedFunction> {
  const applied: Update[] = []
  const letters: Update[] = []
  const url = await listen(stage, applied, letters)
  await startSource(stage, url)
  const sequencesOf = (updates: readonly Update[], studentId: string) =>
    updates.filter(update => update.studentId === studentId).map(({ sequence }) => sequence)
  return {
    send: student => sendUpdate(url, student),
    applied: studentId => sequencesOf(applied, studentId),
    deadLetters: studentId => sequencesOf(letters, studentId)
  }
}

async function listen({ undo }: Stage, applied: Update[], letters: Update[]): Promise<string> {
  const server = createServer(async (request, response) => {
    const event = readEvent(request.headers, await buffer(request))
    const update = { studentId: event.subject ?? '', sequence: Number(event.attributes.sequence) }
    try {
      if (request.url === '/dead-letters') letters.push(update)
      else if (readTyped(event, [studentUpdated])) applied.push(update)
      response.writeHead(204).end()
    } catch (error) {
      response.writeHead(error instanceof PermanentFailure ? 422 : 503).end()
    }
  })
  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', fulfil)
  })
  undo('the function without a fence', async () => {
    server.closeAllConnections()
    await new Promise(closed => server.close(closed))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the function without a fence has no port')
  return `http://127.0.0.1:${address.port}`
}

/** The data plane of `npm run dataplane`, on one KafkaSource. */
async function startSource({ admin, endpoints, mark, processes, undo }: Stage, url: string): Promise<void> {
  const consumerGroup = `scenario-ordering-unfenced-${mark}`
  const ends = await admin.fetchTopicOffsets(topic)
  const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }))
  undo(`group ${consumerGroup}`, () => deleteGroup(admin, consumerGroup))
  await admin.setOffsets({ groupId: consumerGroup, topic, partitions })

  const folder = await mkdtemp(join(tmpdir(), 'scenario-ordering-'))
  undo(folder, () => rm(folder, { recursive: true }))
  const file = join(folder, 'source.json')
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: 'sources.knative.dev/v1',
      kind: 'KafkaSource',
      metadata: { name: 'unfenced', namespace: 'students' },
      spec: {
        bootstrapServers: ['students-kafka-bootstrap.students.svc.cluster.local:9092'],
        topics: [topic],
        consumerGroup,
        initialOffset: 'earliest',
        ordering: 'ordered',
        delivery: {
          retry: 3,
          backoffPolicy: 'exponential',
          backoffDelay: 'PT0.2S',
          deadLetterSink: { uri: `${url}/dead-letters` }
        },
        sink: { uri: url }
      }
    })
  )
  const child = processes.start({
    name: 'unfenced-dataplane',
    command: process.execPath,
    args: [
      dataPlaneEntry,
      '-f',
      file,
      '-f',
      join(endpoints.manifestRoot, 'infra/kafka/topics.yaml'),
      '--bootstrap',
      endpoints.kafka.bootstrap,
      // Of its own and free: the stack's data plane has the known ones.
      '--ingress-port=0',
      '--sink-port=0',
      '--status-port=0'
    ],
    cwd: projectDirectory,
    env: process.env
  })
  undo('the data plane of the function without a fence', () => child.stop(stopTimeoutMs))
}

async function sendUpdate(url: string, student: Student): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': protobufContentType,
      'ce-specversion': '1.0',
      'ce-id': `mended-${student.id}`,
      'ce-source': '/scenarios/ordering',
      'ce-type': StudentUpdatedSchema.typeName,
      'ce-subject': student.id,
      'ce-sequence': formatSequence(student.version)
    },
    body: encodeStudentEvent(StudentUpdatedSchema, student, new Date())
  })
  if (!response.ok) throw new Error(`the function without a fence answered ${response.status}`)
}
