// What the nightly prune of an overlay is given.
import { z } from 'zod'
import { environmentOf, PodSpec } from './kinds.ts'
import { objectsOf, type Overlay } from './render.ts'

const CronJob = z.object({
  spec: z.object({ jobTemplate: z.object({ spec: z.object({ template: z.object({ spec: PodSpec }) }) }) })
})

/** Its environment, by name. */
export function pruneSettings(overlay: Overlay): Readonly<Record<string, string | undefined>> {
  const [prune] = objectsOf(overlay, { apiVersion: 'batch/v1', kind: 'CronJob' }, CronJob)
  const [container] = prune?.spec.jobTemplate.spec.template.spec.containers ?? []
  return container ? environmentOf(container) : {}
}

export const pruneTopics = (overlay: Overlay): string[] =>
  ['OUTBOX_TOPICS', 'COMMAND_TOPICS', 'DEAD_LETTER_TOPICS'].flatMap(
    name => pruneSettings(overlay)[name]?.split(',') ?? []
  )
