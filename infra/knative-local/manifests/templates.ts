// Text that something has still to fill in before it is YAML.
import { called } from '../called.ts'
import type { Problem } from './problem.ts'

interface Engine {
  /** Of a value that is blamed, and of a line of a file that is no YAML. */
  readonly pattern: RegExp
  readonly sign: string
  readonly howToFill: string
}

const engines: readonly Engine[] = [
  {
    pattern: /\{\{.*\}\}/,
    sign: '{{ ... }}',
    howToFill: `Run what fills it, for a Helm chart helm template, and read what it prints: helm template DIR | ${called('check -f -')}`
  },
  {
    pattern: /\{%.*%\}/,
    sign: '{% ... %}',
    howToFill: `Run what fills it, such as Jinja, and read what it prints: ${called('check -f -')}`
  },
  {
    pattern: /<%.*%>/,
    sign: '<% ... %>',
    howToFill: `Run what fills it, such as ERB, and read what it prints: ${called('check -f -')}`
  },
  {
    pattern: /\$\{[A-Za-z_]\w*\}/,
    sign: '${...}',
    howToFill: `Run what fills it, such as envsubst, and read what it prints: envsubst < FILE | ${called('check -f -')}`
  }
]

/** Which of them the text is for. */
export function templateEngine(text: string): Engine | undefined {
  return engines.find(({ pattern }) => pattern.test(text))
}

/** One line for the whole file, in place of what each value would be blamed for. */
export function templateProblem(file: string, line: number, { sign, howToFill }: Engine): Problem {
  const message = `this is a template, not YAML: ${sign} has still to be filled in. ${howToFill}`
  return { level: 'error', origin: { file, line }, path: '', message }
}

/** The first line of a template in a file. */
export function templateInFile(file: string, text: string): Problem | undefined {
  const lines = text.split('\n')
  for (const engine of engines) {
    const line = lines.findIndex(candidate => engine.pattern.test(candidate))
    if (line !== -1) return templateProblem(file, line + 1, engine)
  }
  return undefined
}

/** A file of which a value is blamed that has still to be filled in is a template as a whole. */
export function withoutTemplateValues(problems: readonly Problem[]): Problem[] {
  const templates = new Map<string, Problem>()
  for (const { level, origin, message } of problems) {
    const engine = level === 'error' ? templateEngine(message) : undefined
    if (engine === undefined) continue
    const known = templates.get(origin.file)
    if (known === undefined || origin.line < known.origin.line)
      templates.set(origin.file, templateProblem(origin.file, origin.line, engine))
  }
  return [...problems.filter(({ origin }) => !templates.has(origin.file)), ...templates.values()]
}
