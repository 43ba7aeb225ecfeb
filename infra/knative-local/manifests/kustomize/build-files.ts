// The files of a build: each is read here, remembered for those who watch them, and its problems are kept.
import { stat } from 'node:fs/promises'
import { join, normalize, relative } from 'node:path'
import { parseManifest, type ManifestDocument, type Reader } from '../manifest-document.ts'
import { readManifestText } from '../manifest-text.ts'
import { formatPath, type Problem } from '../problem.ts'
import type { Place } from './places.ts'
import { Refusal } from './refusal.ts'

export class BuildFiles {
  readonly problems: Problem[] = []
  /** Every file that was read, or looked for and not found. */
  readonly read = new Set<string>()

  /** What cannot be done becomes a problem at its place; returns whether all went well. */
  async attempt(place: Place, action: () => Promise<void> | void): Promise<boolean> {
    const before = this.problems.length
    try {
      await action()
    } catch (error) {
      const at = error instanceof Refusal ? error.place : place
      const origin = at.document.locate(at.path)
      const message = error instanceof Error ? error.message : String(error)
      this.problems.push({ level: 'error', origin, path: formatPath(at.path), message })
    }
    return !this.problems.slice(before).some(({ level }) => level === 'error')
  }

  /** kubectl reads the kustomization itself as YAML 1.1, and the objects as YAML 1.2. */
  async parse(file: string, reader: Reader = 'kustomize'): Promise<ManifestDocument[]> {
    this.read.add(normalize(file))
    const { documents, problems } = parseManifest(normalize(file), await readManifestText(file), reader)
    this.problems.push(...problems)
    return documents.filter(({ value }) => value !== null && value !== undefined)
  }

  /** A file that a kustomization in `directory` names. */
  async fileOf(directory: string, path: string, place: Place): Promise<string> {
    const file = join(directory, path)
    if (!(await isFile(file))) {
      this.read.add(normalize(file))
      throw new Refusal(place, `${path} does not exist`)
    }
    this.warnOutside(directory, file, place)
    return file
  }

  /** A file or directory that a kustomization in `directory` names. */
  async local(directory: string, path: string, noun: string, place: Place): Promise<string> {
    const joined = join(directory, path)
    if (!isRemote(path) && (await stat(joined).catch(() => undefined)) !== undefined) return joined
    if (isRemote(path) || /^[\w.-]+\.[a-z]+[/:]/.test(path))
      throw new Refusal(
        place,
        `${noun} ${path} is not a local file; remote ones are not read here: clone or download it, and name the copy`
      )
    this.read.add(normalize(joined))
    throw new Refusal(place, `${noun} ${path} does not exist`)
  }

  /** Taken, because `kubectl kustomize --load-restrictor LoadRestrictionsNone` takes it. */
  warnOutside(directory: string, file: string, { document, path }: Place): void {
    if (isBelow(directory, file)) return
    const message = `${file} is not in or below ${directory}: kubectl apply -k refuses it. Give it a kustomization of its own, or build with kubectl kustomize --load-restrictor LoadRestrictionsNone`
    this.problems.push({ level: 'warning', origin: document.locate(path), path: formatPath(path), message })
  }
}

export function isBelow(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return way !== '' && !way.startsWith('..')
}

function isRemote(path: string): boolean {
  return (
    /^([a-z]+:\/\/|git::|git@)/.test(path) ||
    /^(github\.com|gitlab\.com|bitbucket\.org)\//.test(path) ||
    path.includes('?ref=')
  )
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true
}
