// Which Java runs the JVM parts, and with which options.
import { execFile } from 'node:child_process'
import { access, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Processes, ProcessOptions, RunningProcess } from '../processes/processes.ts'

const oldestVersion = 17

export interface Java {
  readonly command: string
  readonly home: string | undefined
  /** As Java names itself: a class archive is only good for one build. */
  readonly version: string
}

export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<Java> {
  const home = env.JAVA_HOME || undefined
  const command = home ? join(home, 'bin', 'java') : 'java'
  const install = `Install Java ${oldestVersion} or newer (Debian: apt install openjdk-17-jre-headless, macOS: brew install openjdk), or set JAVA_HOME.`
  let banner: string
  try {
    banner = (await promisify(execFile)(command, ['-version'])).stderr
  } catch {
    throw new Error(`Java is missing: ${command} does not run. ${install}`)
  }
  const version = /version "([^"]+)"/.exec(banner)?.[1] ?? 'unknown'
  const major = Number.parseInt(version, 10)
  if (major < oldestVersion) throw new Error(`Java ${version} is too old. ${install}`)
  return { command, home, version }
}

export interface JvmOptions extends Pick<ProcessOptions, 'name' | 'env' | 'cwd' | 'nice' | 'timerSlackMs'> {
  /** Its classes are archived under this name at the end of a first run and mapped in from then on: half the time to start. */
  readonly archive: string
  /** Of several alike, one makes the archive. */
  readonly makesArchive: boolean
  readonly maxHeapMiB: number
  /** Options, class and arguments. */
  readonly args: readonly string[]
}

// A JVM spreads over a third of a gigabyte, of which each request touches other pages: with pages of 2 MiB the processor finds
// their addresses in its cache. Java knows the option on Linux only.
const hugePages = process.platform === 'linux' ? ['-XX:+UseTransparentHugePages'] : []

/** Starts a JVM that is quick to start rather than quick at its peak. */
export async function startJvm(
  java: Java,
  jarsDirectory: string,
  processes: Processes,
  { archive, makesArchive, maxHeapMiB, args, ...options }: JvmOptions
): Promise<RunningProcess> {
  const file = join(jarsDirectory, `${archive}-${java.version}.jsa`)
  const hasArchive = await access(file).then(
    () => true,
    () => false
  )
  const fresh = `${file}.${process.pid}`
  const archiving = hasArchive
    ? [`-XX:SharedArchiveFile=${file}`]
    : makesArchive
      ? [`-XX:ArchiveClassesAtExit=${fresh}`]
      : []
  const jvm = processes.start({
    ...options,
    command: java.command,
    args: [
      `-Xmx${maxHeapMiB}m`,
      '-XX:+UseSerialGC',
      '-XX:-UsePerfData', // counters for jps and jstat, sampled twenty times a second
      ...hugePages,
      '-XX:TieredStopAtLevel=1', // no second compiler: it would take both cores for the first half minute
      ...archiving,
      '-Xlog:disable', // else it warns of every class that no archive can hold
      ...args
    ]
  })
  if (hasArchive || !makesArchive) return jvm
  // Written at its exit, under a name of its own: what is half written is never found.
  const exited = jvm.exited.then(async exit => {
    await (exit.signal ? rm(fresh, { force: true }) : rename(fresh, file)).catch(() => undefined)
    return exit
  })
  return { ...jvm, exited, stop: timeoutMs => jvm.stop(timeoutMs).then(() => exited) }
}
