// Questions to one kafkajs client of Kafka's administration, each asked when the one before it is answered.
import type { Admin } from 'kafkajs'

/**
 * All that is asked of a client of kafkajs shares its metadata, which each refresh replaces as a whole: one that was begun before another
 * question named its topic takes that topic away again, and then the question fails, or has no partitions for an answer.
 * https://github.com/tulios/kafkajs/blob/v2.2.4/src/cluster/index.js#L113-L120
 * Closing waits for nothing, and what is not a question (`on`, `logger`) answers as ever.
 */
export function oneAtATime(admin: Admin): Admin {
  let last: Promise<unknown> = Promise.resolve()
  return new Proxy(admin, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function' || atOnce.has(name)) return member
      return (...args: unknown[]) => {
        const answer = last.then(() => member.apply(target, args))
        last = answer.catch(() => undefined)
        return answer
      }
    }
  })
}

const atOnce: ReadonlySet<string | symbol> = new Set<keyof Admin>(['disconnect', 'on', 'logger'])
