// Light, dark, or as the system says; kept in this browser.
import { effect, signal } from '@preact/signals'

const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

export const theme = signal<Theme>(themes.find(name => name === localStorage.getItem('theme')) ?? 'system')

effect(() => {
  localStorage.setItem('theme', theme.value)
  document.documentElement.dataset.theme = theme.value
})

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'system'
}
