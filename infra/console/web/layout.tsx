// What is around every page: where one can go, and how all of it is.
import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { useEffect } from 'preact/hooks'
import { nextTheme, theme } from './theme.ts'
import { useRead } from './use-read.ts'

const places = [
  ['/', 'Overview'],
  ['/events', 'Events'],
  ['/traces', 'Traces'],
  ['/letters', 'Dead letters'],
  ['/students', 'Students'],
  ['/groups', 'Consumer groups'],
  ['/parts', 'Parts'],
  ['/send', 'Send'],
  ['/audit', 'Audit']
] as const

export function Layout({ children }: { readonly children: ComponentChildren }) {
  const { path } = useLocation()
  useEffect(() => {
    document.querySelector('.places [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [path])
  return (
    <div class="layout">
      <a class="skip" href="#content" onClick={skip}>
        Skip to the page
      </a>
      <nav class="places" aria-label="Pages">
        <ul>
          {places.map(([href, name]) => (
            <li key={href}>
              <a href={href} aria-current={isAt(path, href) ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
        <div class="places-foot">
          <Health />
          <button type="button" class="button" onClick={nextTheme}>
            Theme: {theme}
          </button>
        </div>
      </nav>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

function Health() {
  const { data, error } = useRead('parts', {}, 3_000)
  if (error)
    return (
      <a class="health bad" href="/parts">
        unknown
      </a>
    )
  if (data === undefined) return <span class="health" />
  const unhealthy = data.parts.filter(({ healthy }) => !healthy)
  const problems = unhealthy.length + data.problems.length
  if (problems === 0)
    return (
      <a class="health good" href="/parts">
        all parts healthy
      </a>
    )
  const [first] = unhealthy
  const rest = problems - 1
  return (
    <a class="health bad" href="/parts" aria-live="polite">
      {first === undefined ? `${problems} problems` : `${first.name} unhealthy${rest > 0 ? `, and ${rest} more` : ''}`}
    </a>
  )
}

/** preact-iso would take a link within the page for one to another page. */
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

function isAt(path: string, href: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
}
