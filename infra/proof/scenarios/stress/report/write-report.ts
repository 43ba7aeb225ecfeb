// The page of a run: one file, for whoever looks at it later, without a network.
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Stage } from '../../stage/stage.ts'
import { page, type StressRun } from './page.ts'

/** Answers the file's path from here. */
export async function writeReport({ directory }: Pick<Stage, 'directory'>, run: StressRun): Promise<string> {
  const file = join(directory, 'stress.html')
  const [script, plotStyle, style] = await Promise.all([
    bundledCharts(),
    readFile(fileURLToPath(import.meta.resolve('uplot/dist/uPlot.min.css')), 'utf8'),
    readFile(join(import.meta.dirname, 'page.css'), 'utf8')
  ])
  await writeFile(file, page(run, { script, style: plotStyle + style }))
  return relative(process.cwd(), file)
}

/** With uPlot in it. */
async function bundledCharts(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'charts.js')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii'
  })
  return outputFiles[0]?.text ?? ''
}
