// What is fetched or built once per user lies here: jars, k6.
import { homedir } from 'node:os'
import { join } from 'node:path'

/** https://specifications.freedesktop.org/basedir-spec/latest/ */
export function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'knative-local')
}
