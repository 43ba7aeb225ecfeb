import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleOptions } from '../../../infra/bundle.ts'

/** In a process of its own: an uncaught exception in this one is vitest's. */
function run(source: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    cwd: join(import.meta.dirname),
    encoding: 'utf8'
  })
  return { status, stdout: stdout.trim().split('\n').toSorted(), stderr }
}

const ways = {
  timer: `setTimeout(() => { throw new Error() }, 1)`,
  immediate: `setImmediate(() => { throw new Error() })`,
  tick: `process.nextTick(() => { throw new Error() })`,
  microtask: `queueMicrotask(() => { throw new Error() })`,
  rejection: `Promise.resolve().then(() => void Promise.reject(new Error()))`,
  stream: `Readable.from(['x']).on('data', () => { throw new Error() })`,
  file: `readFile('package.json', () => { throw new Error() })`,
  socket: `{
    const server = createServer(socket => socket.end('x')).listen(0, '127.0.0.1', () =>
      connect(server.address().port, '127.0.0.1').once('data', () => { server.close(); throw new Error() }))
  }`
}

test('an error that nobody catches goes to the request that it came from, however it was thrown', () => {
  const { status, stdout, stderr } = run(`
    import { readFile } from 'node:fs'
    import { connect, createServer } from 'node:net'
    import { Readable } from 'node:stream'
    import { create } from './domain.ts'
    ${Object.entries(ways)
      .map(
        ([name, code]) => `{
          const domain = create()
          domain.on('error', () => console.log('${name}'))
          domain.run(() => ${code.startsWith('{') ? code : `{ ${code} }`})
        }`
      )
      .join('\n')}
  `)
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: Object.keys(ways).toSorted(), stderr: '' })
})

test('an error of no request ends the process and is printed', () => {
  const { status, stdout, stderr } = run(`
    import { create } from './domain.ts'
    create().on('error', () => console.log('taken'))
    setTimeout(() => { throw new Error('nobody catches me') }, 1)
    setTimeout(() => console.log('still there'), 1_000)
  `)
  expect({ status, stdout }).toEqual({ status: 1, stdout: [''] })
  expect(stderr).toContain('Error: nobody catches me')
})

test('it takes the place of node:domain in a bundle, for whoever imports that', async () => {
  const { metafile } = await build({ ...bundleOptions('createStudent', 'never-written.cjs'), write: false })
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports)
  expect(imported.filter(({ path, external }) => external && /^(node:)?domain$/.test(path))).toEqual([])
  expect(imported.map(({ original }) => original)).toContain('domain')
})
