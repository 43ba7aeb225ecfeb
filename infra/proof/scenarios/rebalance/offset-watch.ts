// Looks at what groups have committed all the while: an offset that goes back would be records delivered again for no reason.
import { setTimeout as sleep } from 'node:timers/promises'
import { committedOffsets } from '../../audit/log-offsets.ts'
import type { Group } from '../stage/group.ts'
import type { Stage } from '../stage/stage.ts'

export interface OffsetWatch {
  readonly seen: {
    looks: number
    /** A sentence each. */
    readonly wentBack: string[]
  }
  /** By group, then by `topic/partition`. */
  readonly committed: ReadonlyMap<string, ReadonlyMap<string, number>>
  stop(): Promise<void>
}

const everyMs = 100

/** Stopped with the scenario, if not before. */
export function watchOffsets({ admin, signal, undo }: Stage, groups: readonly Group[]): OffsetWatch {
  const seen = { looks: 0, wentBack: [] as string[] }
  const committed = new Map<string, ReadonlyMap<string, number>>()
  const stopped = new AbortController()
  const ended = AbortSignal.any([signal, stopped.signal])

  async function look(): Promise<void> {
    for (const { group, topics } of groups) {
      const now = await committedOffsets(admin, group, topics)
      const last = committed.get(group)
      seen.wentBack.push(...wentBack(last ?? new Map(), now).map(place => `${group} ${place}`))
      committed.set(group, new Map([...(last ?? []), ...now]))
    }
    seen.looks++
  }

  async function watch(): Promise<void> {
    while (!ended.aborted) {
      await look().catch(() => undefined) // a coordinator that moves is asked again
      await sleep(everyMs, undefined, { signal: ended }).catch(() => undefined)
    }
  }

  const watching = watch()
  const stop = async (): Promise<void> => {
    stopped.abort()
    await watching
  }
  undo('the watch over the offsets', stop)
  return { seen, committed, stop }
}

/** A sentence for each. */
export function wentBack(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): string[] {
  return [...now].flatMap(([place, offset]) => {
    const last = before.get(place) ?? 0
    return offset < last ? [`${place} from ${last} to ${offset}`] : []
  })
}
