import { expect, test } from 'vitest'
import { localiseConnector } from './connector-config.ts'

test('the places of a cluster become those of this machine, the rest stays, references to passwords too', () => {
  const written = {
    'database.hostname': 'orders-db-rw.orders.svc.cluster.local',
    'database.port': '5432',
    'database.dbname': 'app',
    'database.user': '${secrets:orders/orders-db-debezium:username}',
    'database.password': '${secrets:orders/orders-db-debezium:password}',
    'signal.kafka.bootstrap.servers': 'orders-kafka-bootstrap.orders.svc.cluster.local:9092',
    'slot.name': 'outbox',
    'transforms.route.route.topic.replacement': '${routedByValue}'
  }
  const places = {
    databaseUrl: 'postgres://orders:word@127.0.0.1:8086/orders',
    bootstrap: ['127.0.0.1:8090', '127.0.0.1:8091']
  }
  expect(localiseConnector(written, places)).toEqual({
    ...written,
    'database.hostname': '127.0.0.1',
    'database.port': '8086',
    'database.dbname': 'orders',
    'signal.kafka.bootstrap.servers': '127.0.0.1:8090,127.0.0.1:8091'
  })
})
