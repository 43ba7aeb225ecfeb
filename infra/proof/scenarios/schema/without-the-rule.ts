// What the refused version would have done to its readers, and who else would have said no.
import type { Narrator } from '../report/narrator.ts'
import type { Stage } from '../stage/stage.ts'
import { breakingChanges } from './breaking-changes.ts'
import { courseCodec } from './course-codec.ts'
import type { Course, CourseSchemas } from './course-schemas.ts'

const course: Course = { id: 'c-1', title: 'Logic', places: 30 }

export async function withoutTheRule(
  stage: Stage,
  narrator: Narrator,
  { type, first, incompatible }: CourseSchemas
): Promise<void> {
  narrator.step('Without the rule')
  const seen = courseCodec(incompatible, type).decode(courseCodec(first, type).encode(course))
  narrator.say(
    `A reader with version 3 does not fail on a record of version 1: it continues without the value. ${JSON.stringify(course)} reads as ${JSON.stringify(seen)}. ` +
      'buf breaking, with the rules of schemas/buf.yaml, names the change before anything is registered:'
  )
  const found = await breakingChanges(stage, first, incompatible)
  narrator.block(found.join('\n'))
  narrator.claim('the value is gone without an error', !('places' in seen), JSON.stringify(seen))
  narrator.claim('buf finds the change', found.length === 1, `${found.length} breaking change`)
}
