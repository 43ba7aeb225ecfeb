// The state folder holds passwords, data and the code that is run, so nobody else may read it or put anything into it.
import { called } from '../called.ts'
import { chmod, lstat, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const writableByOthers = 0o022
const openToOthers = 0o077
/** Of a folder where everybody writes and nobody moves what is another's, as /tmp is. */
const sticky = 0o1000

/**
 * From here on all that this process and its children make is closed to other users, and so is the folder.
 * @throws when somebody else owns it, or could have put something into it
 */
export async function openStateFolder(directory: string): Promise<void> {
  process.umask(openToOthers)
  const made = await mkdir(directory, { recursive: true, mode: 0o700 })
  // Passwords are in it. A folder that was there before may be somebody's project.
  if (made !== undefined) await writeFile(join(directory, '.gitignore'), '*\n')
  await refuseForeign(directory)
  await chmod(directory, 0o700) // earlier versions left it readable
  if (((await stat(directory)).mode & openToOthers) !== 0) {
    throw new Error(
      `${directory} stays open to other users: its file system keeps no permissions. Take a folder elsewhere: ${called('dev --state DIR')}`
    )
  }
}

/** The folder, those above it, and in it everything that is read or run before something is started. */
async function refuseForeign(directory: string): Promise<void> {
  for (let above = dirname(directory); above !== dirname(above); above = dirname(above)) {
    const { mode } = await stat(above)
    if ((mode & 0o002) !== 0 && (mode & sticky) === 0) throw notTrusted(directory, `everybody may write to ${above}`)
  }
  await refuse(directory, directory)
  for (const name of await readdir(directory)) {
    // Their owner may be PostgreSQL's (postgres-user.ts), and no other process can reach them through a closed folder.
    if (name === 'postgres' || name === 'kafka') continue
    await refuse(directory, join(directory, name))
  }
  const functions = join(directory, 'functions')
  for (const name of await readdir(functions, { recursive: true }).catch(() => [])) {
    await refuse(directory, join(functions, name))
  }
}

async function refuse(directory: string, path: string): Promise<void> {
  const found = await lstat(path)
  if (found.uid !== process.getuid?.())
    throw notTrusted(directory, `${path} belongs to another user (uid ${found.uid})`)
  if (found.isSymbolicLink()) {
    if (path !== directory) return
    const target = await stat(path)
    if (target.uid !== found.uid)
      throw notTrusted(directory, `it leads to a folder of another user (uid ${target.uid})`)
    if ((target.mode & writableByOthers) !== 0)
      throw notTrusted(directory, 'others may write to the folder it leads to')
  } else if ((found.mode & writableByOthers) !== 0) {
    throw notTrusted(directory, `others may write to ${path} (mode ${(found.mode & 0o777).toString(8)})`)
  }
}

function notTrusted(directory: string, why: string): Error {
  return new Error(
    `The state folder ${directory} is not used: ${why}, and what lies in it is run. Delete it, or take another one: ${called('dev --state DIR')}`
  )
}
