// Two commands wait in the Broker while createStudent is down; one of them has a time to live that is over when it comes back.
import { z } from 'zod'
import { CreateStudentSchema } from '../../../../schemas/generated/school/student/v1/create_student_pb.ts'
import { until } from '../../../knative-local/testing.ts'
import type { Narrator } from '../report/narrator.ts'
import { discardInTheEnd, lettersOf } from '../stage/letters.ts'
import type { Stage } from '../stage/stage.ts'

const functionName = 'createStudent'
const timeToLiveMs = 2_000
const longTimeToLiveMs = 3_600_000
/** Of a Trigger's delivery after an outage of seconds, on a busy machine. */
const timeoutMs = 60_000
const requestTimeoutMs = 10_000

export async function lateCommand(stage: Stage, narrator: Narrator): Promise<void> {
  const { endpoints, mark, signal } = stage
  narrator.step('A time to live for one message: expirytime')
  narrator.say(
    `Kafka has none. CloudEvents has the attribute expirytime, and Knative carries it and leaves it to the receiver. Here commands honour it: createStudent is stopped, ` +
      `two commands are sent through the Broker, one to be done within ${timeToLiveMs / 1_000} s and one within an hour, and createStudent comes back later.`
  )
  const part = endpoints.functions[functionName]?.service ?? ''
  const start = () => stage.act('start', part)
  stage.undo(`${part} runs`, start)
  await stage.act('stop', part)
  const now = Date.now()
  const commands = [
    { name: `within ${timeToLiveMs / 1_000} s`, id: `short-${mark}`, expiresAt: new Date(now + timeToLiveMs) },
    { name: 'within an hour', id: `long-${mark}`, expiresAt: new Date(now + longTimeToLiveMs) }
  ]
  for (const { id, expiresAt } of commands) await sendCommand(stage, id, expiresAt)
  const isDelivered = async (id: string) =>
    (await studentsOf(stage, id)) > 0 || (await lettersOfCommand(stage, id)).length > 0
  const shortId = `short-${mark}`
  discardInTheEnd(stage, {
    what: `the letter of ${shortId}`,
    find: () => lettersOfCommand(stage, shortId),
    haveCome: () => isDelivered(shortId)
  })
  stage.undo(`${part} runs`, start) // before the letter is waited for, which comes from it
  await until('the time to be over', timeoutMs, async () => Date.now() > now + timeToLiveMs, { signal })
  await start()
  const seen = async () =>
    Promise.all(
      commands.map(async command => ({
        ...command,
        students: await studentsOf(stage, command.id),
        letter: (await lettersOfCommand(stage, command.id))[0]
      }))
    )
  await until(
    'both commands to be delivered',
    timeoutMs,
    async () => (await Promise.all(commands.map(({ id }) => isDelivered(id)))).every(Boolean),
    { signal }
  )
  const results = await seen()
  narrator.table(
    results.map(({ name, expiresAt, students, letter }) => ({
      'TO BE DONE': name,
      EXPIRYTIME: expiresAt.toISOString(),
      'STUDENTS MADE': students,
      'DEAD LETTER': letter ? `${letter.reason}: ${letter.detail}` : null
    }))
  )
  const [late, inTime] = results
  narrator.claim(
    'a command whose time is over is not done',
    late?.students === 0,
    `${late?.students} students made, dead letter ${late?.letter?.reason ?? 'none'}`
  )
  narrator.claim('it is not lost silently', late?.letter?.reason === 'expired', late?.letter?.detail ?? 'no letter')
  narrator.claim('one with time left is done', inTime?.students === 1, `${inTime?.students} student made`)
  narrator.say(
    `Students' events do not honour it: they report what has happened, and one left out would hold back all that follows it. A repeat of a command that was done in time is answered as before.`
  )
}

async function sendCommand({ endpoints }: Stage, id: string, expiresAt: Date): Promise<void> {
  const response = await fetch(`${endpoints.ingress.url}/students/default`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': '/scenarios/ttl',
      'ce-type': CreateStudentSchema.typeName,
      'ce-expirytime': expiresAt.toISOString()
    },
    body: JSON.stringify({ userId: 'user-1', name: 'Barbara Liskov', email: emailOf(id) }),
    signal: AbortSignal.timeout(requestTimeoutMs)
  })
  if (response.status !== 202) throw new Error(`the Broker answered ${response.status}: ${await response.text()}`)
}

const emailOf = (id: string) => `${id}@example.com`

const Count = z.object({ count: z.number() })

async function studentsOf({ database }: Stage, id: string): Promise<number> {
  const { rows } = await database.query('select count(*)::int from students where email = $1', [emailOf(id)])
  return Count.parse(rows[0]).count
}

async function lettersOfCommand(stage: Stage, id: string) {
  return (await lettersOf(stage, { function: functionName })).filter(({ event }) => event.id === id)
}
