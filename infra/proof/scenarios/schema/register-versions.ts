// The first version, a compatible second one, and a third that is refused.
import type { Narrator } from '../report/narrator.ts'
import type { CourseSchemas } from './course-schemas.ts'
import type { Refusal, Registered, Subject } from './registry-subject.ts'

export async function registerVersions(
  narrator: Narrator,
  subject: Subject,
  { type, first, second, incompatible }: CourseSchemas
): Promise<[Registered, Registered]> {
  narrator.step('Three versions of a schema, and one that is refused')
  const compatibility = await subject.compatibility()
  narrator.say(
    `The subject is the message's name, ${type}. The rule is ${compatibility}: each version must be able to read what every other one wrote, older and newer.`
  )
  const answers = [await subject.register(first), await subject.register(second), await subject.register(incompatible)]
  const changes = ['the first', 'a new field: optional string room = 4', 'places = 3: uint32 becomes string']
  narrator.table(
    answers.map((answer, index) => ({
      SENT: `version ${index + 1}`,
      CHANGE: changes[index] ?? '',
      ANSWER: 'status' in answer ? `${answer.status} refused` : '200 registered',
      VERSION: 'status' in answer ? null : answer.version,
      'SCHEMA ID': 'status' in answer ? null : answer.id
    }))
  )
  const [one, two, three] = answers
  const refusal: Refusal | undefined = three && 'status' in three ? three : undefined
  narrator.say(`The registry's reason: ${refusal?.message ?? 'none, it took all three'}`)
  const versions = await subject.versions()
  narrator.claim(
    'a new optional field is registered',
    isRegistered(two),
    isRegistered(two) ? `version ${two.version}, schema id ${two.id}` : 'refused'
  )
  narrator.claim(
    'another type for a field is refused',
    refusal?.status === 409 && versions.length === 2,
    `HTTP ${refusal?.status ?? 200}, and the subject has versions ${versions.join(', ')}`
  )
  narrator.fact('registered', { compatibility, versions, refusal: refusal ?? null })
  if (!isRegistered(one) || !isRegistered(two)) throw new Error('The registry refused a version that is compatible')
  return [one, two]
}

const isRegistered = (answer: Registered | Refusal | undefined): answer is Registered =>
  answer !== undefined && 'version' in answer
