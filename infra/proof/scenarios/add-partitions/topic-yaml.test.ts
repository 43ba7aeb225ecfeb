import { expect, test } from 'vitest'
import { declaredPartitions, withPartitions } from './topic-yaml.ts'

const yaml = `# Every topic.
apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata:
  name: student-create
spec:
  topicName: student_create
  partitions: 4 # may be raised
---
kind: KafkaTopic
metadata: { name: orders }
spec: { partitions: 12, replicas: 3 }
`

test('only the number of partitions of that topic changes', () => {
  expect(withPartitions(yaml, 'student_create', 6)).toBe(yaml.replace('partitions: 4 #', 'partitions: 6 #'))
  expect(withPartitions(yaml, 'orders', 100)).toBe(yaml.replace('partitions: 12,', 'partitions: 100,'))
})

test('the number that is declared is read', () => {
  expect(declaredPartitions(yaml, 'student_create')).toBe(4)
  expect(declaredPartitions(yaml, 'orders')).toBe(12)
})

test('a topic that nobody declares is an error', () => {
  expect(() => declaredPartitions(yaml, 'student-create')).toThrow('No KafkaTopic says how many partitions')
})
