// Which of Kafka's tools there are, and which of their arguments are ours.

const bootstrapServer = '--bootstrap-server'

/** As in Kafka's bin directory, without `kafka-`; and the flag that each takes its brokers by. */
export const kafkaTools = {
  topics: { main: 'org.apache.kafka.tools.TopicCommand', brokersFlag: bootstrapServer },
  'consumer-groups': {
    main: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    brokersFlag: bootstrapServer
  },
  configs: { main: 'kafka.admin.ConfigCommand', brokersFlag: bootstrapServer },
  'get-offsets': { main: 'org.apache.kafka.tools.GetOffsetShell', brokersFlag: bootstrapServer },
  'console-consumer': { main: 'org.apache.kafka.tools.consumer.ConsoleConsumer', brokersFlag: bootstrapServer },
  'console-producer': { main: 'org.apache.kafka.tools.ConsoleProducer', brokersFlag: bootstrapServer },
  'metadata-quorum': { main: 'org.apache.kafka.tools.MetadataQuorumCommand', brokersFlag: bootstrapServer },
  'log-dirs': { main: 'org.apache.kafka.tools.LogDirsCommand', brokersFlag: bootstrapServer },
  'leader-election': { main: 'org.apache.kafka.tools.LeaderElectionCommand', brokersFlag: bootstrapServer },
  'reassign-partitions': {
    main: 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
    brokersFlag: bootstrapServer
  },
  'delete-records': { main: 'org.apache.kafka.tools.DeleteRecordsCommand', brokersFlag: bootstrapServer },
  'dump-log': { main: 'org.apache.kafka.tools.DumpLogSegments', brokersFlag: undefined }
} as const
export type KafkaTool = keyof typeof kafkaTools

export function isKafkaTool(name: string): name is KafkaTool {
  return Object.hasOwn(kafkaTools, name)
}

/**
 * `--state DIR` behind the tool's name is ours as it is before it. consumer-groups has a flag of this name too, alone or with
 * states (`Stable,Empty`): what names no folder is left to it.
 */
export function takeState(
  tool: KafkaTool,
  given: readonly string[]
): { readonly args: readonly string[]; readonly state?: string } {
  const at = given.findIndex(arg => arg === '--state' || arg.startsWith('--state='))
  if (at === -1) return { args: given }
  const [flag = ''] = given.slice(at)
  const isJoined = flag !== '--state'
  const value = isJoined ? flag.slice('--state='.length) : given[at + 1]
  const isOurs = value !== undefined && (tool === 'consumer-groups' ? /[./]/.test(value) : !value.startsWith('--'))
  if (!isOurs) return { args: given }
  return { args: given.toSpliced(at, isJoined ? 1 : 2), state: value }
}
