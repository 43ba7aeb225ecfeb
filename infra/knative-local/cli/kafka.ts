// `npm run kafka -- TOOL [ARGUMENTS]`: Kafka's own command line tools, from the jars of the local stack, on its brokers.
//
//   npm run kafka -- topics --describe --topic student_create
//   npm run kafka -- consumer-groups --describe --group on-student-create
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { readEndpoints } from '../endpoints.ts'
import { fetchJars } from '../parts/jars.ts'
import { findJava } from '../parts/java.ts'
import { stateDirectoryOf } from './settings.ts'

/** As in Kafka's bin directory, without `kafka-`; and the flag that each takes its brokers by. */
const tools: Record<string, { readonly main: string; readonly brokers?: string }> = {
  topics: { main: 'org.apache.kafka.tools.TopicCommand', brokers: '--bootstrap-server' },
  'consumer-groups': {
    main: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    brokers: '--bootstrap-server'
  },
  configs: { main: 'kafka.admin.ConfigCommand', brokers: '--bootstrap-server' },
  'get-offsets': { main: 'org.apache.kafka.tools.GetOffsetShell', brokers: '--bootstrap-server' },
  'console-consumer': { main: 'org.apache.kafka.tools.consumer.ConsoleConsumer', brokers: '--bootstrap-server' },
  'console-producer': { main: 'org.apache.kafka.tools.ConsoleProducer', brokers: '--bootstrap-server' },
  'metadata-quorum': { main: 'org.apache.kafka.tools.MetadataQuorumCommand', brokers: '--bootstrap-server' },
  'log-dirs': { main: 'org.apache.kafka.tools.LogDirsCommand', brokers: '--bootstrap-server' },
  'leader-election': { main: 'org.apache.kafka.tools.LeaderElectionCommand', brokers: '--bootstrap-server' },
  'reassign-partitions': {
    main: 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
    brokers: '--bootstrap-server'
  },
  'delete-records': { main: 'org.apache.kafka.tools.DeleteRecordsCommand', brokers: '--bootstrap-server' },
  'dump-log': { main: 'org.apache.kafka.tools.DumpLogSegments' }
}

const [name = '', ...args] = process.argv.slice(2)
const tool = tools[name]
if (!tool) {
  process.stderr.write(`Which tool? npm run kafka -- ${Object.keys(tools).join(' | ')} [ARGUMENTS]\n`)
  process.exit(64) // EX_USAGE of sysexits.h
}

const endpoints = await readEndpoints(stateDirectoryOf(undefined, process.env))
const brokers =
  tool.brokers === undefined || args.includes(tool.brokers)
    ? []
    : [tool.brokers, endpoints?.kafka.bootstrap ?? fail('Nothing runs. Start it with npm run dev, or name brokers.')]
const java = await findJava()
const jars = await fetchJars(java, progress => process.stderr.write(`${progress}\n`))
const logging = `-Dlog4j2.configurationFile=${resolve(import.meta.dirname, 'java/tools-log4j2.properties')}`
const child = spawn(
  java.command,
  [
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    logging,
    '-cp',
    jars.kafkaClassPath,
    tool.main,
    ...brokers,
    ...args
  ],
  { stdio: 'inherit' }
)
child.once('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1)
})

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}
