// Builds the functions and the data plane with one module changed on purpose, in the way of a defect that somebody might make.
// Nothing in the code that is delivered can switch a guard off.
import { dataPlaneEntry } from '../../../knative-local/testing.ts'
import { build, type Plugin } from 'esbuild'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { bundleOptions, projectDirectory } from '../../../bundle.ts'

export interface Sabotage {
  /** The end of its path. */
  readonly module: string
  readonly instead: readonly { readonly of: string; readonly with: string }[]
}

/** Every event is the next one. */
export const withoutFence: Sabotage = {
  module: 'functions/runtime/delivery/deliver-in-order.ts',
  instead: [
    { of: 'if (place.sequence <= fence) {', with: 'if (false) {' },
    { of: 'if (place.predecessor > fence) {', with: 'if (false) {' }
  ]
}

/** Whatever comes is taken for new; the database must have lost its keys as well, because handled_events is what refuses a second effect. */
export const withoutInbox: Sabotage = {
  module: 'functions/runtime/delivery/deliver-in-order.ts',
  instead: [{ of: 'if (place.sequence <= fence) {', with: 'if (false) {' }]
}

export const commitBeforeHandling: Sabotage = {
  module: 'infra/knative-local/dataplane/egress/record-flow.ts',
  instead: [
    {
      of: 'await this.handle(record, partition)\n      finish()',
      with: 'finish()\n      await this.handle(record, partition)'
    }
  ]
}

/** The file to run. */
export async function buildFunction(name: string, sabotage: Sabotage): Promise<string> {
  const file = join(await folderIn(tmpdir()), `${name}.cjs`)
  const options = bundleOptions(name, file)
  await build({ ...options, plugins: [...options.plugins, pluginOf(sabotage)] })
  return file
}

/** As well. It takes its packages from the project, so that it lies below its node_modules. */
export async function buildDataPlane(sabotage: Sabotage): Promise<string> {
  const outfile = join(await folderIn(join(projectDirectory, 'node_modules')), 'dataplane.mjs')
  await build({
    absWorkingDir: projectDirectory,
    entryPoints: [dataPlaneEntry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
    plugins: [pluginOf(sabotage)]
  })
  return outfile
}

/** @throws when the module does not read as expected: a sabotage that does nothing would prove nothing */
function pluginOf({ module, instead }: Sabotage): Plugin {
  return {
    name: 'sabotage',
    setup({ onLoad }) {
      const filter = new RegExp(`/${module.replaceAll('.', '\\.')}$`)
      onLoad({ filter }, async ({ path }) => {
        let contents = await readFile(path, 'utf8')
        for (const change of instead) {
          const parts = contents.split(change.of)
          if (parts.length !== 2) throw new Error(`${module} has "${change.of}" ${parts.length - 1} times, not once`)
          contents = parts.join(change.with)
        }
        return { contents, loader: 'ts' }
      })
    }
  }
}

async function folderIn(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, '.sabotage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
