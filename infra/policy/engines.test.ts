// Who has the Node that package.json asks for sees no warning of npm's about a package.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { projectDirectory } from '../bundle.ts'

const Lock = z.object({
  packages: z.record(z.string(), z.object({ engines: z.object({ node: z.string().optional() }).optional() }))
})

test.each(['', 'infra/knative-local'])(
  'the Node that %s/package.json asks for satisfies every package',
  async folder => {
    const { packages } = Lock.parse(JSON.parse(await readFile(join(projectDirectory, 'package-lock.json'), 'utf8')))
    const asked = /^>=(\d+)\.(\d+)$/
      .exec(packages[folder]?.engines?.node ?? '')
      ?.slice(1)
      .map(Number)
    expect(asked).toBeDefined()
    const manifest = JSON.parse(await readFile(join(projectDirectory, folder, 'package.json'), 'utf8'))
    expect(manifest.engines).toEqual(packages[folder]?.engines)
    const unsatisfied = Object.entries(packages).flatMap(([path, { engines }]) =>
      isSatisfied(engines?.node ?? '*', asked ?? []) ? [] : [`${path}: ${engines?.node}`]
    )
    expect(Object.keys(packages).length).toBeGreaterThan(300)
    expect(unsatisfied).toEqual([])
  }
)

/** As far as packages use ranges: `>=22.12.0`, `^20.0.0 || >=24`, `*`. */
function isSatisfied(range: string, [major = 0, minor = 0]: readonly number[]): boolean {
  return range.split('||').some(part => {
    const [, operator = '', atMajor = '0', atMinor = '0'] = /^\s*(\^|>=?)?\s*v?(\d+|\*)?(?:\.(\d+))?/.exec(part) ?? []
    if (atMajor === '*' || part.trim() === '*') return true
    const isFrom = major > Number(atMajor) || (major === Number(atMajor) && minor >= Number(atMinor))
    return operator.startsWith('>') ? isFrom : isFrom && major === Number(atMajor)
  })
}
