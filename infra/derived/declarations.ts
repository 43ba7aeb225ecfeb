// What functions say of themselves: the default export of functions/NAME/index.ts. Importing it starts nothing.
import { join } from 'node:path'
import * as z from 'zod'
import type { Declaration } from '../../functions/runtime/declaration.ts'
import { functionNames, functionsDirectory } from '../bundle.ts'

const Declared = z.object({
  default: z.looseObject({ kind: z.enum(['function', 'command', 'service']), name: z.string(), start: z.function() })
})

/** Of every folder of functions/ with an index.ts, in the order of their names. @throws when one declares something else */
export async function readDeclarations(): Promise<Declaration[]> {
  return Promise.all((await functionNames()).map(readDeclaration))
}

async function readDeclaration(name: string): Promise<Declaration> {
  const module: unknown = await import(join(functionsDirectory, name, 'index.ts'))
  const declared = Declared.safeParse(module)
  if (!declared.success) {
    throw new Error(
      `functions/${name}/index.ts must \`export default\` what defineFunction, defineCommand or defineService returns`
    )
  }
  const declaration = declared.data.default as unknown as Declaration
  if (declaration.name !== name) {
    throw new Error(
      `functions/${name}/index.ts declares the name ${declaration.name}: it must be ${name}, as its folder`
    )
  }
  return declaration
}
