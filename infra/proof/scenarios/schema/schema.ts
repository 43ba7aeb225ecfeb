// What a schema registry is for: a change that others could not read is refused before anybody writes it.
import type { Scenario } from '../scenario.ts'
import { courseSchemas } from './course-schemas.ts'
import { readEachOther } from './read-each-other.ts'
import { registerVersions } from './register-versions.ts'
import { openSubject } from './registry-subject.ts'
import { showMessage } from './show-message.ts'
import { withoutTheRule } from './without-the-rule.ts'

export const schema: Scenario = {
  name: 'schema',
  sentence:
    'Versions of a protobuf schema in the registry: one that is refused, two whose readers understand each other.',
  async run(stage, narrator) {
    const schemas = courseSchemas(stage.mark)
    const subject = await openSubject(stage, schemas.type)
    const versions = await registerVersions(narrator, subject, schemas)
    await withoutTheRule(stage, narrator, schemas)
    const readings = await readEachOther(stage, narrator, { schemas, subject, versions })
    await showMessage(stage, narrator, subject, readings)
  }
}
