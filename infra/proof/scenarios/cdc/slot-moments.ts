// What PostgreSQL keeps for a connector, noted at moments of the story.
import type { Row } from '../report/narrator.ts'
import { readSlot, type Slot } from '../stage/replication-slot.ts'
import type { Stage } from '../stage/stage.ts'

export interface SlotMoments {
  readonly rows: readonly Row[]
  note(moment: string): Promise<Slot>
}

/** `counted` is shown beside the slot. */
export function openSlotMoments(stage: Stage, slot: string, counted: () => Row): SlotMoments {
  const began = performance.now()
  const rows: Row[] = []
  return {
    rows,
    async note(moment) {
      const seen = await readSlot(stage, slot)
      rows.push({
        'At s': (performance.now() - began) / 1_000,
        Connector: moment,
        ...counted(),
        active: seen.active,
        restart_lsn: seen.restart_lsn,
        confirmed_flush_lsn: seen.confirmed_flush_lsn,
        'lag, bytes': seen.lag_bytes,
        wal_status: seen.wal_status,
        'safe_wal_size, MiB': seen.safe_wal_size === null ? null : seen.safe_wal_size / 2 ** 20
      })
      return seen
    }
  }
}
