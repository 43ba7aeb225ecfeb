// The console in a real browser: a Chromium of a registry package, headless, or the one that CHROMIUM names where that package has none.
import { spawn } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { project } from '../../project.ts'

/** Git ignores it. */
const screenshots = join(project.directory, 'infra/console/screenshots')
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** Those that would make it less of a browser than people have. */
const leftOut = new Set([
  '--single-process',
  '--no-zygote',
  '--disable-web-security',
  '--allow-running-insecure-content'
])
const startTimeoutMs = 30_000

export interface ConsoleInBrowser {
  readonly url: string
  /** A tab of its own, at an address of the console, that is closed with the file's tests. */
  open(path: string): Promise<Page>
}

/** For the tests of one file: a console with these flags, and one browser. */
export function consoleInBrowser(flags: () => readonly string[]): ConsoleInBrowser {
  let url = ''
  let browser: Browser | undefined
  let stop = () => {}
  const failures: string[] = []

  beforeAll(async () => {
    const executablePath = process.env.CHROMIUM ?? (await chromium.executablePath())
    const args = chromium.args.filter(arg => !leftOut.has(arg))
    ;[{ url, stop }, browser] = await Promise.all([
      startConsole(flags()),
      playwright.launch({ executablePath, args, headless: true })
    ])
  })
  afterAll(async () => {
    await browser?.close()
    stop()
    expect(failures).toEqual([])
  })

  return {
    get url() {
      return url
    },
    async open(path) {
      if (browser === undefined) throw new Error('the browser has not started')
      const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin' })
      context.setDefaultTimeout(20_000)
      const page = await context.newPage()
      await context.grantPermissions(['clipboard-read', 'clipboard-write'])
      page.on('pageerror', error => failures.push(`${page.url()}: ${error.message}`))
      page.on('dialog', dialog => {
        failures.push(`${page.url()} said ${dialog.message()}`)
        void dialog.dismiss()
      })
      await page.goto(url + path)
      return page
    }
  }
}

/** `npm run console -- FLAGS`, ended with the tests. */
export async function startConsole(flags: readonly string[]): Promise<{ readonly url: string; stop(): void }> {
  const child = spawn(process.execPath, [join(project.directory, 'infra/console/server/main.ts'), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const tooLate = setTimeout(() => child.kill(), startTimeoutMs)
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Console +(http:\S+)$/.exec(line)?.[1]
    if (url === undefined) continue
    clearTimeout(tooLate)
    return { url, stop: () => void child.kill() }
  }
  throw new Error(`the console did not start with ${flags.join(' ')}`)
}

const looks = [
  { width: 1440, colorScheme: 'light' },
  { width: 390, colorScheme: 'dark' },
  { width: 1440, colorScheme: 'dark' },
  { width: 390, colorScheme: 'light' }
] as const

/**
 * In both themes and at both widths: nothing is wider than the window, and axe finds nothing serious. Pictures are kept under the name.
 * The page has to be at rest: what is waited for is there.
 */
export async function expectGoodLooks(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true })
  for (const { width, colorScheme } of looks) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: join(screenshots, `${name}-${colorScheme}-${width}.png`) })
    const look = `${name}, ${colorScheme}, ${width} px`
    const surplus = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect([look, surplus]).toEqual([look, 0])
    expect([look, await seriousFindings(page)]).toEqual([look, []])
  }
}

async function seriousFindings(page: Page): Promise<unknown> {
  const session = await page.context().newCDPSession(page)
  // By the debugger: a script tag would be against the page's policy.
  await session.send('Runtime.evaluate', { expression: await readFile(axe, 'utf8') })
  await session.detach()
  return page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html.slice(0, 200)).join(' | ')))`)
}
