import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { openStateFolder } from './state-folder.ts'

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

test.each(['000', '022', '002'])(
  'whatever the umask (%s), the folder and what is made in it are closed to others',
  async umask => {
    const state = join(await temporaryFolder(), 'state')
    const script = `
    import { openStateFolder } from ${JSON.stringify(join(import.meta.dirname, 'state-folder.ts'))}
    import { openProcesses } from ${JSON.stringify(join(import.meta.dirname, '../processes/processes.ts'))}
    process.umask(0o${umask})
    await openStateFolder(${JSON.stringify(state)})
    const processes = openProcesses(${JSON.stringify(state)})
    await processes.start({ name: 'child', command: '/bin/sh', args: ['-c', 'mkdir data && echo x > data/file && echo said'], cwd: ${JSON.stringify(state)} }).exited
    processes.close()`
    await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script])
    const made = await readdir(state, { recursive: true })
    expect(made).toEqual(expect.arrayContaining(['data/file', 'logs/child.log']))
    expect(await modeOf(state)).toBe('700')
    for (const name of made) expect(await modeOf(join(state, name)), name).toMatch(/^[67]00$/)
  }
)

test('git passes over a state folder, and a folder that was there before stays as it was', async () => {
  const [state, present] = [join(await temporaryFolder(), 'new/state'), await temporaryFolder()]
  await open(state)
  await open(present)
  expect([await readdir(state), await readdir(present)]).toEqual([['.gitignore'], []])
  expect(await readFile(join(state, '.gitignore'), 'utf8')).toBe('*\n')
})

test('a folder that was only readable is closed', async () => {
  const state = await temporaryFolder()
  await chmod(state, 0o755)
  await open(state)
  expect(await modeOf(state)).toBe('700')
})

test.each([
  ['the folder', '.'],
  ['a planted record of what was built', 'functions/one/built.json'],
  ['a planted bundle', 'functions/one/0123/one.cjs'],
  ['a planted password', 'password']
])('%s that others may write to is refused, by name', async (_, name) => {
  const state = await temporaryFolder()
  const path = join(state, name)
  if (name !== '.') {
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, '{}')
  }
  await chmod(path, 0o777)
  await expect(open(state)).rejects.toThrow(new RegExp(`is not used: others may write to ${path}.*--state DIR`))
})

test('a folder of another user is refused, and one that a link of ours leads to', async () => {
  const foreign = await foreignFolder()
  await expect(open(foreign)).rejects.toThrow('belongs to another user')
  const link = join(await temporaryFolder(), 'link')
  await symlink(foreign, link)
  await expect(open(link)).rejects.toThrow('leads to a folder of another user')
})

test('a folder in a place where everybody may move it is refused', async () => {
  const place = await temporaryFolder()
  await chmod(place, 0o777)
  await expect(open(join(place, 'state'))).rejects.toThrow(`everybody may write to ${place}`)
})

async function open(state: string): Promise<void> {
  const umask = process.umask()
  await openStateFolder(state).finally(() => process.umask(umask))
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'state-folder-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Only root can give a folder away; everybody else finds one that is root's. */
async function foreignFolder(): Promise<string> {
  if (process.getuid?.() !== 0) return '/usr'
  const folder = await temporaryFolder()
  await chown(folder, 65_534, 65_534)
  return folder
}
