// Change data capture: rows that plain SQL changes become events, whatever happens to the connector.
import type { Scenario } from '../scenario.ts'
import { showImages } from './images.ts'
import { showOutages } from './outages.ts'
import { followOwnEvents } from './own-events.ts'

export const cdc: Scenario = {
  name: 'cdc',
  sentence:
    'Rows changed by plain SQL become events, with the row before and after; a connector that is away misses none.',
  async run(stage, narrator) {
    const prefix = `cdc-${stage.mark}-`
    stage.undo('the users', () => stage.database.query('delete from users where starts_with(id, $1)', [prefix]))
    const events = await followOwnEvents(stage, prefix)
    const client = await stage.database.connect()
    try {
      await showImages(client, narrator, events, prefix)
      await showOutages(stage, client, narrator, events, prefix)
    } finally {
      client.release()
    }
  }
}
