// What one object says of another: sinks, Brokers, topics, consumer groups, Secrets. It reads the objects as they are written, so
// that a wrong reference is reported together with whatever else is wrong with the object.
import type { LoadOptions } from './load-plan.ts'
import type { WrittenObject } from './manifest-objects.ts'
import type { Report } from './object-lookup.ts'
import { formatPath, type Problem } from './problem.ts'
import { checkSecrets } from './secret-references.ts'
import { checkBrokers, checkSinks } from './sink-references.ts'
import { checkConsumerGroups, checkTopicNames, checkTopicPrefixes, checkTopics } from './topic-references.ts'

export function checkReferences(objects: readonly WrittenObject[], options: LoadOptions, problems: Problem[]): void {
  const report: Report = (level, { document, path }, at, message) =>
    problems.push({ level, origin: document.locate([...path, ...at]), path: formatPath(at), message })
  checkSinks(objects, options, report)
  checkBrokers(objects, options, report)
  if (options.complete === true) checkTopics(objects, report)
  checkTopicNames(objects, report)
  checkConsumerGroups(objects, report)
  checkTopicPrefixes(objects, report)
  if (options.secrets !== undefined) checkSecrets(objects, options.secrets, report)
}
