// A JSON file that a reader sees as it was or as it is, never in between; for its owner only.
import { rename, writeFile } from 'node:fs/promises'

export async function writeWhole(file: string, value: unknown): Promise<void> {
  const fresh = `${file}.${process.pid}`
  await writeFile(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  await rename(fresh, file)
}
