// What is kept to recognise a duplicate is kept as long as one can come: the check that the prune makes before it removes
// anything, made here with what the YAML says.
import { describe, expect, test } from 'vitest'
import { type KafkaRetention, type KeptTopic, tooShort } from '../jobs/kept-by-kafka.ts'
import {
  Broker,
  broker,
  ConfigMap,
  configMap,
  KafkaConnector,
  kafkaConnector,
  KafkaSink,
  kafkaSink,
  KafkaTopic,
  kafkaTopic
} from './kinds.ts'
import { pruneSettings } from './prune-settings.ts'
import { objectsOf, overlays, render } from './render.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Where a topic does not say. https://kafka.apache.org/documentation/#topicconfigs_segment.ms */
const defaultSegmentMs = 7 * dayMs

describe.each(overlays)('in %s', overlay => {
  const settings = pruneSettings(overlay)
  const topics = objectsOf(overlay, kafkaTopic, KafkaTopic)
  const [ofBroker] = objectsOf(overlay, broker, Broker).map(({ spec }) =>
    objectsOf(overlay, configMap, ConfigMap).find(({ metadata }) => metadata.name === spec.config.name)
  )
  const kept = (list: string | undefined): KeptTopic[] => (list ?? '').split(',').map(topic => keptTopic(topic))

  test('every setting is longer than what Kafka keeps', () => {
    const retention: KafkaRetention = {
      outbox: kept(settings.OUTBOX_TOPICS),
      commands: kept(settings.COMMAND_TOPICS),
      deadLetters: kept(settings.DEAD_LETTER_TOPICS)
    }
    expect(tooShort(days({}), retention)).toEqual([])
    expect(tooShort(days({ INBOX_DAYS: '80' }), retention)).toHaveLength(1) // 10, 8, 31 and 31
    expect(tooShort(days({ CLOSED_LETTERS_DAYS: '80' }), retention)).toHaveLength(1)
  })

  test('the prune asks about every topic that an event can come back from, and about the slot of the outbox', () => {
    const published = render(overlay).flatMap(object =>
      [...JSON.stringify(object).matchAll(/"[A-Z0-9_]+_TOPIC","value":"(\w+)"/g)].flatMap(([, topic]) => topic ?? [])
    )
    const sinks = objectsOf(overlay, kafkaSink, KafkaSink).map(({ spec }) => spec.topic)
    const slots = objectsOf(overlay, kafkaConnector, KafkaConnector)
      .filter(({ metadata }) => metadata.name === 'outbox')
      .map(({ spec }) => spec.config['slot.name'])
    expect(settings.OUTBOX_TOPICS?.split(',').toSorted()).toEqual([...new Set(published)].toSorted())
    expect(settings.COMMAND_TOPICS).toBe('knative-broker-students-default')
    expect(settings.DEAD_LETTER_TOPICS?.split(',').toSorted()).toEqual(sinks.toSorted())
    expect(slots).toEqual([settings.OUTBOX_SLOT])
  })

  test('dead letters are kept longer than what they were made of', () => {
    const [letters] = kept('student_dead_letter')
    for (const { topic, days: own } of kept(settings.OUTBOX_TOPICS)) {
      expect(letters?.days, topic).toBeGreaterThan(own)
    }
  })

  function days(changes: Readonly<Record<string, string>>) {
    const { OUTBOX_DAYS, INBOX_DAYS, CLOSED_LETTERS_DAYS } = { ...settings, ...changes }
    return {
      outboxDays: Number(OUTBOX_DAYS),
      inboxDays: Number(INBOX_DAYS),
      closedLettersDays: Number(CLOSED_LETTERS_DAYS)
    }
  }

  function keptTopic(topic: string): KeptTopic {
    const declared = topics.find(({ spec }) => spec.topicName === topic)?.spec.config
    const retentionMs = declared?.['retention.ms'] ?? ofBroker?.data['default.topic.config.retention.ms']
    const segmentMs = declared?.['segment.ms'] ?? defaultSegmentMs
    return { topic, days: (Number(retentionMs) + Number(segmentMs)) / dayMs }
  }
})
