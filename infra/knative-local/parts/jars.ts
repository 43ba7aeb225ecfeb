// The jars of the JVM parts, fetched by Maven once per user and version of java/pom.xml.
//
// They are fetched into a folder of their own and moved into place by one rename: a broken fetch leaves nothing behind,
// and when two run at once the first to finish wins.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { cacheDirectory } from './cache-directory.ts'
import type { Java } from './java.ts'

const pomFile = resolve(import.meta.dirname, '../java/pom.xml')

const reportEveryMs = 1_000

export interface Jars {
  /** Holds the jars, and the class archives that java.ts adds. */
  readonly directory: string
  readonly kafkaClassPath: string
  readonly registryJar: string
}

export async function fetchJars(java: Java, report: (progress: string) => void): Promise<Jars> {
  const pom = await readFile(pomFile)
  const cache = cacheDirectory()
  const directory = join(cache, `jars-${createHash('sha256').update(pom).digest('hex').slice(0, 16)}`)

  if (!(await exists(directory))) {
    await mkdir(cache, { recursive: true })
    const fresh = await mkdtemp(join(cache, 'fetch-'))
    try {
      await runMaven(java, fresh, report)
      await rename(fresh, directory).catch(async error => {
        if (!(await exists(directory))) throw error // else another run was first, with the same jars
      })
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }
  await refuseForeign(directory)
  return describe(directory)
}

/** The jars are run. @throws when somebody else could have put them there */
async function refuseForeign(directory: string): Promise<void> {
  const { uid, mode } = await stat(directory)
  const trusted = uid === 0 || uid === process.getuid?.()
  if (trusted && (mode & 0o022) === 0) return
  throw new Error(
    `The jars of ${directory} are not used: ${trusted ? 'others may write there' : `it belongs to another user (uid ${uid})`}. Delete it, or set XDG_CACHE_HOME to a folder of your own.`
  )
}

async function describe(directory: string): Promise<Jars> {
  const kafka = join(directory, 'kafka')
  const registry = join(directory, 'registry')
  const [kafkaJars, registryFiles] = await Promise.all([readdir(kafka), readdir(registry)])
  const runner = registryFiles.find(name => name.endsWith('-runner.jar'))
  if (!runner) throw new Error(`${registry} holds no runnable registry. Delete ${directory} and start again.`)
  // Sorted: a class archive is only good for the very same class path.
  const kafkaClassPath = kafkaJars
    .filter(name => name.endsWith('.jar'))
    .toSorted()
    .map(name => join(kafka, name))
    .join(':')
  return { directory, kafkaClassPath, registryJar: join(registry, runner) }
}

async function runMaven(java: Java, target: string, report: (progress: string) => void): Promise<void> {
  const maven = spawn('mvn', ['-B', '-f', pomFile, `-Dstack.directory=${target}`, 'package'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(java.home ? { JAVA_HOME: java.home } : {}) }
  })
  let downloaded = 0
  let reportedAt = 0
  const tail: string[] = []
  for (const stream of [maven.stdout, maven.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      if (tail.push(line) > 200) tail.shift()
      const artifact = /^\[INFO\] Download(?:ing|ed) from \S+: \S*\/(\S+\.(?:jar|tar\.gz))/.exec(line)?.[1]
      if (!artifact) return
      if (line.includes('Downloaded')) downloaded += 1
      if (performance.now() - reportedAt < reportEveryMs) return
      reportedAt = performance.now()
      report(`fetching the jars of Kafka, Debezium and the registry, once: ${downloaded} there, now ${artifact}`)
    })
  }
  const code = await new Promise<number | null>((fulfil, reject) => {
    maven.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'ENOENT'
          ? new Error(
              'Maven is missing: mvn is not on PATH. Install it (Debian: apt install maven, macOS: brew install maven).'
            )
          : error
      )
    })
    maven.once('close', fulfil)
  })
  if (code === 0) return
  const errors = tail.filter(line => line.startsWith('[ERROR]')).slice(0, 3)
  throw new Error(
    `Maven could not fetch the jars of ${pomFile}. Is its repository reachable?\n${(errors.length ? errors : tail.slice(-5)).join('\n')}`
  )
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
