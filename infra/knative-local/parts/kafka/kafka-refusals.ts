// Why Kafka refuses a topic, in its own words. kafkajs reads them from the wire and throws only the code, and of several
// topics only the first one's; its responses are therefore wrapped here, where it finds them.
import { createRequire } from 'node:module'
import { z } from 'zod'

const kafkajs = createRequire(import.meta.url)
const refusing = ['createTopics', 'createPartitions', 'alterConfigs'] as const

const Refused = z.object({
  topic: z.string().optional(),
  resourceName: z.string().optional(),
  errorCode: z.number(),
  errorMessage: z.string().nullish()
})
const Response = z.object({ topicErrors: z.array(Refused).optional(), resources: z.array(Refused).optional() })
interface ResponseModule {
  parse(data: unknown): Promise<unknown>
}
interface Request {
  readonly versions: readonly string[]
}

const refusalsOfError = new WeakMap<Error, z.infer<typeof Refused>[]>()

for (const name of refusing) {
  const { versions }: Request = kafkajs(`kafkajs/src/protocol/requests/${name}/index.js`)
  for (const version of versions) {
    const response: ResponseModule = kafkajs(`kafkajs/src/protocol/requests/${name}/v${version}/response.js`)
    const { parse } = response
    response.parse = async data => {
      try {
        return await parse(data)
      } catch (error) {
        const { topicErrors, resources } = Response.parse(data)
        if (error instanceof Error) refusalsOfError.set(error, topicErrors ?? resources ?? [])
        throw error
      }
    }
  }
}

const {
  createErrorFromCode
}: { createErrorFromCode(code: number): { type: string; message: string; retriable: boolean } } = kafkajs(
  'kafkajs/src/protocol/error.js'
)

/**
 * Does what makes, grows or configures topics; answers those that Kafka refuses, each with the text that Java's client and so
 * Strimzi have for it. The others are done.
 * @throws what is no refusal: Kafka is away, or its controller has just changed
 */
export async function refusedBy(change: () => Promise<unknown>): Promise<Map<string, string>> {
  try {
    await change()
    return new Map()
  } catch (error) {
    const refused = error instanceof Error ? refusalsOfError.get(error) : undefined
    if (!refused) throw error
    const entries = refused.flatMap(({ topic, resourceName, errorCode, errorMessage }): [string, string][] => {
      if (errorCode === 0) return []
      const { type, message, retriable } = createErrorFromCode(errorCode)
      if (type === 'TOPIC_ALREADY_EXISTS') return [] // another process was first
      if (retriable) throw error
      return [
        [topic ?? resourceName ?? '', `org.apache.kafka.common.errors.${exceptionOf(type)}: ${errorMessage ?? message}`]
      ]
    })
    return new Map(entries)
  }
}

/** https://github.com/apache/kafka/blob/4.3.0/clients/src/main/java/org/apache/kafka/common/protocol/Errors.java */
function exceptionOf(type: string): string {
  if (type === 'INVALID_CONFIG') return 'InvalidConfigurationException'
  const name = type.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
  return name.endsWith('Exception') ? name : `${name}Exception`
}
