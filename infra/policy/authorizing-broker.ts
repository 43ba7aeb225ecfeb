// One real broker with Kafka's authorizer, and the users and ACLs of the production overlay as Strimzi's user operator would set them.
import kafkajs, { type AclOperationTypes, type AclResourceTypes } from 'kafkajs'
import { type SecuredKafka, startSecuredKafka, until } from '../knative-local/testing.ts'
import { KafkaTopic, kafkaTopic, KafkaUser, kafkaUser } from './kinds.ts'
import { objectsOf } from './render.ts'

const users = objectsOf('production', kafkaUser, KafkaUser)
export const userNames = users.map(({ metadata }) => metadata.name)
export const topics = objectsOf('production', kafkaTopic, KafkaTopic).map(({ spec }) => spec.topicName)

/** With the topics of the overlay, one partition each. */
export async function startAuthorizingBroker(): Promise<SecuredKafka> {
  const kafka = await startSecuredKafka(userNames)
  const { admin } = kafka
  try {
    await admin.createTopics({ topics: topics.map(topic => ({ topic, numPartitions: 1 })), waitForLeaders: true })
    await admin.createAcls({ acl: users.flatMap(aclsOf) })
    // One group on each partition of the offsets topic (createBroker makes four): until it is loaded, groups there are refused.
    for (const groupId of ['a', 'b', 'c', 'd']) {
      await until('the group coordinators', 60_000, async () => {
        await admin.fetchOffsets({ groupId, topics })
        return true
      })
    }
    return kafka
  } catch (error) {
    await kafka.stop()
    throw error
  }
}

/** A KafkaUser's ACLs as Strimzi's user operator would set them. */
function aclsOf({ metadata, spec }: (typeof users)[number]) {
  const resourceTypes: Record<string, AclResourceTypes> = {
    topic: kafkajs.AclResourceTypes.TOPIC,
    group: kafkajs.AclResourceTypes.GROUP
  }
  const operationTypes: Record<string, AclOperationTypes> = {
    Read: kafkajs.AclOperationTypes.READ,
    Write: kafkajs.AclOperationTypes.WRITE,
    Create: kafkajs.AclOperationTypes.CREATE,
    Delete: kafkajs.AclOperationTypes.DELETE,
    Describe: kafkajs.AclOperationTypes.DESCRIBE,
    DescribeConfigs: kafkajs.AclOperationTypes.DESCRIBE_CONFIGS
  }
  return spec.authorization.acls.flatMap(({ resource, operations }) =>
    operations.map(operation => ({
      principal: `User:${metadata.name}`,
      host: '*',
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
      resourceType: known(resourceTypes, resource.type),
      resourceName: resource.name,
      resourcePatternType:
        resource.patternType === 'prefix'
          ? kafkajs.ResourcePatternTypes.PREFIXED
          : kafkajs.ResourcePatternTypes.LITERAL,
      operation: known(operationTypes, operation)
    }))
  )
}

function known<Value>(values: Readonly<Record<string, Value>>, name: string): Value {
  const value = values[name]
  if (value === undefined) throw new Error(`this test does not know ${name}`)
  return value
}
