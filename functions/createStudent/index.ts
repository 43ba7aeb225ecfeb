import { CreateStudentSchema } from '../../schemas/generated/school/student/v1/create_student_pb.ts'
import { StudentCreatedSchema } from '../../schemas/generated/school/student/v1/student_created_pb.ts'
import { answerOnce, eventKey, idempotencyKey } from '../runtime/events/answer-once.ts'
import { readEventCommand, readJsonCommand } from '../runtime/events/command.ts'
import { FunctionConfig, loadConfig, topicName } from '../runtime/host/config.ts'
import { expiryOf } from '../runtime/events/expiry.ts'
import { createPublisher } from '../runtime/events/outbox.ts'
import { receiveEvent } from '../runtime/events/receive-event.ts'
import { claimsToBeEvent } from '../runtime/events/received-event.ts'
import { serve } from '../runtime/host/serve.ts'
import { nextTraceparent, traceId } from '../runtime/host/trace.ts'
import { createStudent, CreateStudentCommand } from './handler.ts'
import { readStudent } from './read-student.ts'

const name = 'createStudent'
const config = loadConfig(FunctionConfig.extend({ STUDENT_CREATE_TOPIC: topicName }))

serve(name, config, ({ connection: { db }, log }) => {
  const publisher = createPublisher(db, {
    topic: config.STUDENT_CREATE_TOPIC,
    type: StudentCreatedSchema.typeName,
    source: '/students/createStudent'
  })
  const accept = async (
    command: CreateStudentCommand,
    key: string | undefined,
    traceparent: string | undefined,
    expiresAt?: Date
  ) => {
    const trace = nextTraceparent(traceparent)
    const answer = await answerOnce(db, { function: name, key, request: command, expiresAt }, async tx => {
      const student = await createStudent(command, tx, publisher, trace, new Date())
      return { status: 201, headers: { location: `/${student.id}` }, body: student }
    })
    log.info({ student: answer.headers?.location?.slice(1), traceId: traceId(trace) }, 'student created')
    return answer
  }

  return {
    isReady: publisher.isReady,
    routes: {
      'POST /': async request => {
        if (claimsToBeEvent(request.headers)) {
          return receiveEvent(name, log, request, async (event, traceparent) => {
            const command = readEventCommand(event, CreateStudentSchema, CreateStudentCommand)
            await accept(command, eventKey(event), traceparent, expiryOf(event))
          })
        }
        const command = readJsonCommand(request, CreateStudentCommand)
        const key = idempotencyKey(request.headers['idempotency-key'])
        return accept(command, key, request.headers.traceparent?.toString())
      },
      'GET /:id': async (_request, id) => ({ status: 200, body: await readStudent(db, id) })
    }
  }
})
