// Which group a user has no right to. kafkajs asks every broker for a group's coordinator and forgets what they answered
// (kafkajs/src/cluster/brokerPool.js, withBroker): what is left says only that none was found.
import { AsyncLocalStorage } from 'node:async_hooks'

/** What brokers said of the coordinator, in one life of a consumer. */
export interface CoordinatorAnswers {
  refusal?: Error
}

interface Exchange {
  readonly response: { parse(data: unknown): Promise<unknown> }
}

interface RequestTable {
  protocol(choice: { version: number }): (given: object) => Exchange
}

/** Within it, refusals of a group are kept; what is started in it belongs to it. */
export const coordinatorAnswers = new AsyncLocalStorage<CoordinatorAnswers>()

/** Of kafkajs' table of requests, the entry for a group's coordinator. */
export function keepRefusals(table: RequestTable): void {
  const protocol = table.protocol.bind(table)
  table.protocol = choice => {
    const build = protocol(choice)
    return given => {
      const { response, ...exchange } = build(given)
      const parse = async (data: unknown): Promise<unknown> => {
        const answers = coordinatorAnswers.getStore()
        try {
          const parsed = await response.parse(data)
          if (answers !== undefined) delete answers.refusal
          return parsed
        } catch (error) {
          if (answers !== undefined && (error as { type?: string }).type === 'GROUP_AUTHORIZATION_FAILED')
            answers.refusal = error as Error
          throw error
        }
      }
      return { ...exchange, response: { ...response, parse } }
    }
  }
}
