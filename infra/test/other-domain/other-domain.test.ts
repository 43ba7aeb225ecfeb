// Functions of another domain on the core and on the runtime, alone: with nothing of this project, and with the parts that their YAML
// asks for.
import { join } from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { createStackFolder, until } from '../../knative-local/testing.ts'
import { devEntry, project } from '../../project.ts'

const functions = join(import.meta.dirname)
const stopTimeoutMs = 30_000

test('an event is answered by one function, and the answer reaches the other through the Broker', async () => {
  const parcels = project.withFunctions?.(functions)
  if (!parcels) throw new Error('the project runs no functions but its own')
  const folder = await createStackFolder(parcels, devEntry)
  onTestFinished(folder.remove)
  const { main, endpoints } = await folder.start('--functions', functions)
  expect(Object.keys(endpoints.functions).toSorted()).toEqual(['keepQuote', 'quoteParcel'])
  const { connect, registry, kafka, postgres } = endpoints
  expect([connect, registry, kafka?.brokers.length]).toEqual([undefined, undefined, 1])

  const sent = await fetch(`${endpoints.ingress?.url}/parcels/default`, {
    method: 'POST',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': 'p-1',
      'ce-source': '/counter',
      'ce-type': 'parcels.v1.ParcelRegistered',
      'content-type': 'application/json'
    },
    body: JSON.stringify({ id: 'parcel-7', grams: 1_300 })
  })
  expect(sent.status).toBe(202)

  const database = new pg.Client({ connectionString: postgres?.url })
  await database.connect()
  const quotes = async () => (await database.query('select parcel_id, cents from quotes')).rows
  await until('the quote', 30_000, async () => (await quotes()).length > 0)
  expect(await quotes()).toEqual([{ parcel_id: 'parcel-7', cents: 325 }])
  await database.end()
  expect(await main.stop(stopTimeoutMs)).toMatchObject({ code: 0 })
}, 180_000)
