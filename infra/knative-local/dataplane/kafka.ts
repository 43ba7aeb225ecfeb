// The Kafka client of this process: one configuration, snappy, and kafkajs' log lines in ours.
import kafkajs, { type Kafka, type LogEntry } from 'kafkajs'
// @ts-expect-error kafkajs-snappy ships no types
import SnappyCodec from 'kafkajs-snappy'
import type { Logger } from 'pino'

const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs

CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec as () => unknown
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

export function connectKafka(brokers: readonly string[], clientId: string, log: Logger): Kafka {
  return new kafkajs.Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    // Under a second; whoever uses the client tries again as long as it makes sense there.
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 3 },
    logLevel: logLevel.WARN,
    logCreator: () => entry => writeLogEntry(log, entry)
  })
}

/** kafkajs calls an error whatever it tries again by itself; what matters is said by those who use it. */
function writeLogEntry(log: Logger, { namespace, log: entry }: LogEntry): void {
  const { message, timestamp: _timestamp, stack: _stack, logger: _logger, ...details } = entry
  log.debug(details, `kafka ${namespace}: ${message}`)
}
