// k6: from PATH, else one that was built earlier, else built now, once per user.
//
// It is built in a folder of its own and moved into place by one rename, as the jars are (infra/knative-local/parts/jars.ts).
import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDirectory } from '../../../knative-local/single-parts.ts'

const run = promisify(execFile)

export const builtVersion = 'v1.8.1'
/** With thresholds that stop a test, and JSON summaries, as the scripts need them. */
const oldestMajor = 1
const module = `go.k6.io/k6@${builtVersion}`

export interface K6 {
  readonly command: string
  readonly version: string
}

export interface FindOptions {
  readonly signal: AbortSignal
  progress(sentence: string): void
  readonly env?: NodeJS.ProcessEnv
  readonly cache?: string
}

const versionTimeoutMs = 30_000
const buildTimeoutMs = 900_000
const progressEveryMs = 30_000

/** @throws with what to install when there is none and none can be built */
export async function findK6(options: FindOptions): Promise<K6> {
  const { env = process.env, cache = cacheDirectory(), progress } = options
  const directory = join(cache, `k6-${builtVersion}`)
  const built = join(directory, 'k6')
  const onPath = await versionOf('k6', options)
  if (onPath && majorOf(onPath) >= oldestMajor) return { command: 'k6', version: onPath }
  if (onPath) progress(`k6 ${onPath} on PATH is too old for the scripts.`)
  if (!(await exists(built))) {
    await mkdir(cache, { recursive: true })
    const fresh = await mkdtemp(join(cache, 'build-k6-'))
    try {
      await build(fresh, { ...options, env })
      await rename(fresh, directory).catch(async error => {
        if (!(await exists(built))) throw error // else another run was first, with the same k6
      })
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }
  const version = await versionOf(built, options)
  if (!version) throw new Error(`${built} does not run. Delete ${directory} and start again.`)
  return { command: built, version }
}

async function build(directory: string, { signal, progress, env }: FindOptions): Promise<void> {
  progress(`k6 is not on PATH: go install ${module} builds it, once; 2 to 5 minutes.`)
  const began = performance.now()
  const timer = setInterval(
    () => progress(`  still building k6, ${Math.round((performance.now() - began) / 1_000)} s`),
    progressEveryMs
  )
  try {
    await run('go', ['install', module], {
      signal,
      timeout: buildTimeoutMs,
      env: { ...env, GOBIN: directory, CGO_ENABLED: '0' } // no C compiler needed
    })
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(whyNot(error), { cause: error })
  } finally {
    clearInterval(timer)
  }
}

function whyNot(error: unknown): string {
  const { code, stderr = '', killed } = error as { code?: unknown; stderr?: string; killed?: boolean }
  const install =
    'Install k6 (https://grafana.com/docs/k6/latest/set-up/install-k6/), or Go (https://go.dev/doc/install), which builds it here.'
  if (code === 'ENOENT') return `k6 is missing: neither k6 nor go is on PATH. ${install}`
  if (killed === true) return `k6 was not built within ${buildTimeoutMs / 60_000} minutes. ${install}`
  return `go install ${module} failed. ${install}\n${stderr.trim().split('\n').slice(-5).join('\n')}`
}

/** As `k6 version` prints it: v1.8.1. */
async function versionOf(command: string, { signal, env }: FindOptions): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, ['version'], { signal, timeout: versionTimeoutMs, env })
    return /^k6(?:\.exe)? (v\d+\.\S+)/.exec(stdout)?.[1]
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

function majorOf(version: string): number {
  return Number(/^v(\d+)/.exec(version)?.[1])
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
