import { expect, test } from 'vitest'
import { localiseConnector } from './connector-config.ts'

test('the places of a cluster become those of this machine, the rest stays, references to passwords too', () => {
  const written = {
    'database.hostname': 'students-db-rw.students.svc.cluster.local',
    'database.port': '5432',
    'database.dbname': 'app',
    'database.user': '${secrets:students/students-db-debezium:username}',
    'database.password': '${secrets:students/students-db-debezium:password}',
    'signal.kafka.bootstrap.servers': 'students-kafka-bootstrap.students.svc.cluster.local:9092',
    'slot.name': 'outbox',
    'transforms.route.route.topic.replacement': '${routedByValue}'
  }
  const places = {
    databaseUrl: 'postgres://students:word@127.0.0.1:8086/students',
    bootstrap: ['127.0.0.1:8090', '127.0.0.1:8091']
  }
  expect(localiseConnector(written, places)).toEqual({
    ...written,
    'database.hostname': '127.0.0.1',
    'database.port': '8086',
    'database.dbname': 'students',
    'signal.kafka.bootstrap.servers': '127.0.0.1:8090,127.0.0.1:8091'
  })
})
