// Bytes that topics take on the brokers' disks, by the tool that every Kafka comes with: kafka-log-dirs asks the brokers, so
// it needs no access to their files. kafkajs does not speak that request.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { projectDirectory } from '../../../bundle.ts'
import type { Stage } from '../stage/stage.ts'

/** A JVM on a busy machine. */
const timeoutMs = 60_000
const maxOutputBytes = 4 * 1024 * 1024

const LogDirs = z.object({
  brokers: z.array(
    z.object({
      logDirs: z.array(
        z.object({
          error: z.string().nullable(),
          partitions: z.array(z.object({ partition: z.string(), size: z.number() }))
        })
      )
    })
  )
})

/** Of all partitions and replicas. */
export async function bytesOnDisk(
  { endpoints, signal }: Stage,
  topics: readonly string[]
): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(projectDirectory, 'infra/knative-local/cli/kafka.ts'),
      'log-dirs',
      '--bootstrap-server',
      endpoints.kafka.bootstrap,
      '--describe',
      '--topic-list',
      topics.join(',')
    ],
    { cwd: projectDirectory, signal, timeout: timeoutMs, maxBuffer: maxOutputBytes }
  )
  return readLogDirs(stdout)
}

/** The tool says what it does, and then one line of JSON. @throws when a broker could not read a folder */
export function readLogDirs(output: string): Map<string, number> {
  const line = output.split('\n').find(text => text.startsWith('{'))
  if (line === undefined) throw new Error(`kafka-log-dirs printed no sizes: ${output}`)
  const bytes = new Map<string, number>()
  for (const { error, partitions } of LogDirs.parse(JSON.parse(line)).brokers.flatMap(({ logDirs }) => logDirs)) {
    if (error !== null) throw new Error(`A broker cannot read a log folder: ${error}`)
    for (const { partition, size } of partitions) {
      const topic = partition.replace(/-\d+$/, '')
      bytes.set(topic, (bytes.get(topic) ?? 0) + size)
    }
  }
  return bytes
}
