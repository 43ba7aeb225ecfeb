// `npm run generate:events`
import { writeFile } from 'node:fs/promises'
import { exampleEvents } from './example-events.ts'

for (const [name, event] of Object.entries(exampleEvents)) {
  await writeFile(new URL(`../${name}/event.json`, import.meta.url), `${JSON.stringify(event, null, 2)}\n`)
}
