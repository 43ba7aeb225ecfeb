import { UpdateStudentSchema } from '../../schemas/generated/school/student/v1/update_student_pb.ts'
import { StudentUpdatedSchema } from '../../schemas/generated/school/student/v1/student_updated_pb.ts'
import { answerOnce, eventKey, idempotencyKey } from '../runtime/events/answer-once.ts'
import { readEventCommand, readJsonCommand } from '../runtime/events/command.ts'
import { FunctionConfig, loadConfig, topicName } from '../runtime/host/config.ts'
import { expiryOf } from '../runtime/events/expiry.ts'
import { createPublisher } from '../runtime/events/outbox.ts'
import { receiveEvent } from '../runtime/events/receive-event.ts'
import { serve } from '../runtime/host/serve.ts'
import { nextTraceparent, traceId } from '../runtime/host/trace.ts'
import { StudentChange, updateStudent, UpdateStudentCommand } from './handler.ts'

const name = 'updateStudent'
const config = loadConfig(FunctionConfig.extend({ STUDENT_UPDATE_TOPIC: topicName }))

serve(name, config, ({ connection: { db }, log }) => {
  const publisher = createPublisher(db, {
    topic: config.STUDENT_UPDATE_TOPIC,
    type: StudentUpdatedSchema.typeName,
    source: '/students/updateStudent'
  })
  const accept = async (
    command: UpdateStudentCommand,
    key: string | undefined,
    traceparent: string | undefined,
    expiresAt?: Date
  ) => {
    const trace = nextTraceparent(traceparent)
    const answer = await answerOnce(db, { function: name, key, request: command, expiresAt }, async tx => {
      const student = await updateStudent(command, tx, publisher, trace, new Date())
      return { status: 200, body: student }
    })
    log.info({ student: command.id, traceId: traceId(trace) }, 'student updated')
    return answer
  }

  return {
    isReady: publisher.isReady,
    routes: {
      'POST /': request =>
        receiveEvent(name, log, request, async (event, traceparent) => {
          const command = readEventCommand(event, UpdateStudentSchema, UpdateStudentCommand)
          await accept(command, eventKey(event), traceparent, expiryOf(event))
        }),
      'PATCH /:id': async (request, id) => {
        const command = { id, ...readJsonCommand(request, StudentChange) }
        const key = idempotencyKey(request.headers['idempotency-key'])
        return accept(command, key, request.headers.traceparent?.toString())
      }
    }
  }
})
