// What is kept to recognise a duplicate is kept as long as one can come.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Broker, broker, ConfigMap, configMap, environmentOf, KafkaTopic, kafkaTopic, PodSpec } from './kinds.ts'
import { objectsOf, overlays } from './render.ts'

const dayMs = 24 * 60 * 60 * 1000
const CronJob = z.object({
  spec: z.object({
    jobTemplate: z.object({ spec: z.object({ template: z.object({ spec: PodSpec }) }) })
  })
})

describe.each(overlays)('in %s', overlay => {
  const [prune] = objectsOf(overlay, { apiVersion: 'batch/v1', kind: 'CronJob' }, CronJob)
  const [container] = prune?.spec.jobTemplate.spec.template.spec.containers ?? []
  const keptDays = container ? environmentOf(container) : {}
  const topicDays = new Map(
    objectsOf(overlay, kafkaTopic, KafkaTopic).map(({ spec }) => [
      spec.topicName,
      Number(spec.config['retention.ms']) / dayMs
    ])
  )

  test('an outbox row outlives its record, so that a lost slot can be made good', () => {
    const longest = Math.max(topicDays.get('student_create') ?? Infinity, topicDays.get('student_update') ?? Infinity)
    expect(Number(keptDays.OUTBOX_DAYS)).toBeGreaterThan(longest)
  })

  test('handled events and answers outlive every record and every dead letter', () => {
    const [settings] = objectsOf(overlay, broker, Broker).map(({ spec }) =>
      objectsOf(overlay, configMap, ConfigMap).find(({ metadata }) => metadata.name === spec.config.name)
    )
    const brokerDays = Number(settings?.data['default.topic.config.retention.ms']) / dayMs
    const longestRecord = Math.max(brokerDays, ...topicDays.values())
    const longestLetter = topicDays.get('student_dead_letter') ?? Infinity
    // A record may become a letter on its last day, and the letter be read on its own last day.
    expect(Number(keptDays.INBOX_DAYS)).toBeGreaterThan(
      Math.max(brokerDays, topicDays.get('student_create') ?? Infinity) + longestLetter
    )
    expect(Number(keptDays.INBOX_DAYS)).toBeGreaterThan(longestRecord)
  })

  test('dead letters are kept longer than what they were made of', () => {
    for (const topic of ['student_create', 'student_update']) {
      expect(topicDays.get('student_dead_letter')).toBeGreaterThan(topicDays.get(topic) ?? Infinity)
    }
  })
})
