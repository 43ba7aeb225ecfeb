// `npm run generate:cluster`: brings up to date what follows from knative/*.yaml and the functions' declarations.
import { readDeclared } from './declared.ts'
import { writeDerived } from './derived.ts'

const written = await writeDerived(await readDeclared())
process.stdout.write(written.length === 0 ? 'All is current.\n' : `${written.join('\n')}\n`)
