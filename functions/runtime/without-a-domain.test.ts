// The core serves any domain: it knows none of its words, and imports nothing of what stands on it.
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const core = import.meta.dirname

const sources = await Promise.all(
  (await readdir(core, { recursive: true }))
    .filter(file => file.endsWith('.ts') && !/\.test\.ts$|\/testing\//.test(file))
    .map(async file => ({ file, text: await readFile(join(core, file), 'utf8') }))
)

test('the core has no word of students', () => {
  const named = sources.flatMap(({ file, text }) =>
    text.split('\n').flatMap((line, index) => (/student/i.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : []))
  )
  expect(sources.length).toBeGreaterThan(20)
  expect(named).toEqual([])
})

test('the core imports npm packages and itself', () => {
  const outside = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/(?:from|import\(?)\s*'(\.[^']*)'/g)]
      .map(([, specifier = '']) => relative(core, resolve(core, file, '..', specifier)))
      .filter(path => path.startsWith('..'))
      .map(path => `${file} imports ${path}`)
  )
  expect(outside).toEqual([])
})
