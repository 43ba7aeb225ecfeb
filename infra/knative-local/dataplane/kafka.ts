// The Kafka client of this process: one configuration, and kafkajs' log lines in ours.
import type { Kafka, LogEntry } from 'kafkajs'
import type { Logger } from 'pino'
import { kafkajs } from './kafka/kafkajs.ts'
import type { Security } from './kafka/security.ts'

export function connectKafka(
  brokers: readonly string[],
  clientId: string,
  log: Logger,
  security: Security = {}
): Kafka {
  return new kafkajs.Kafka({
    ...security,
    clientId,
    brokers: [...brokers],
    connectionTimeout: 3000,
    requestTimeout: 30_000,
    // Under a second; whoever uses the client tries again as long as it makes sense there.
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 3 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => entry => writeLogEntry(log, entry)
  })
}

/** kafkajs calls an error whatever it tries again automatically; what matters is said by those who use it. */
function writeLogEntry(log: Logger, { namespace, log: entry }: LogEntry): void {
  const { message, timestamp: _timestamp, stack: _stack, logger: _logger, ...details } = entry
  log.debug(details, `kafka ${namespace}: ${message}`)
}
