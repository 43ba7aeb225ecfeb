// The Kafka client of the runtime and of whoever reads or writes beside it: one configuration, every codec, and kafkajs' log lines
// in ours.
import type { Kafka, KafkaConfig, LogEntry } from 'kafkajs'
import type { Logger } from 'pino'
import { kafkajs } from './kafkajs.ts'

/** `config` adds credentials or other bounds. Without a log it says nothing: what fails is thrown as well. */
export function connectKafka(
  brokers: readonly string[],
  clientId: string,
  config: Omit<KafkaConfig, 'brokers' | 'clientId'> = {},
  log?: Logger
): Kafka {
  return new kafkajs.Kafka({
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    // Under a second; whoever uses the client tries again as long as it makes sense there.
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 3 },
    ...(log === undefined
      ? { logLevel: kafkajs.logLevel.NOTHING }
      : { logLevel: kafkajs.logLevel.WARN, logCreator: () => entry => writeLogEntry(log, entry) }),
    ...config,
    clientId,
    brokers: [...brokers]
  })
}

/** kafkajs calls an error whatever it tries again automatically; what matters is said by those who use it. */
function writeLogEntry(log: Logger, { namespace, log: entry }: LogEntry): void {
  const { message, timestamp: _timestamp, stack: _stack, logger: _logger, ...details } = entry
  log.debug(details, `kafka ${namespace}: ${message}`)
}
