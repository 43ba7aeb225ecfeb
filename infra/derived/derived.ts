// Every derived file as it should be, and what writes it.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectDirectory } from '../bundle.ts'
import type { Declared } from './declared.ts'
import { derivedRegions } from './derived-files.ts'
import { withRegion } from './region.ts'

/** The whole text of each file, by its path in the project. */
export async function derive(declared: Declared): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const { file, region, lines } of derivedRegions(declared)) {
    const text = texts.get(file) ?? (await readFile(join(projectDirectory, file), 'utf8'))
    texts.set(file, withRegion(file, text, region, lines))
  }
  return texts
}

/** Returns the files that were not current. */
export async function writeDerived(declared: Declared): Promise<string[]> {
  const written: string[] = []
  for (const [file, text] of await derive(declared)) {
    const path = join(projectDirectory, file)
    if ((await readFile(path, 'utf8')) === text) continue
    await writeFile(path, text)
    written.push(file)
  }
  return written
}
