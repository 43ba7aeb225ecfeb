// A scenario on a terminal, and the same in Markdown.
import { styleText } from 'node:util'
import { table } from '../../../knative-local/command-line.ts'
import type { Cell, Entry, Listener, Row } from './narrator.ts'
import type { ScenarioReport } from './scenario-report.ts'

const width = 120

/** Colours only on a terminal, and not with NO_COLOR. */
export function terminal(stream: NodeJS.WriteStream): Listener {
  const write = (text: string) => void stream.write(`${text}\n`)
  const style = (format: 'bold' | 'green' | 'red', text: string) => styleText(format, text, { stream })
  return {
    step: heading => write(`\n${style('bold', heading)}`),
    entry(entry) {
      const text = show(entry)
      if (entry.kind === 'claim') write(style(entry.holds ? 'green' : 'red', text))
      else write(entry.kind === 'said' ? text : `\n${indent(text)}\n`)
    }
  }
}

export function markdown({ scenario, sentence, seconds, steps, problems }: ScenarioReport): string {
  return [
    `## ${scenario}`,
    '',
    `${sentence} \`npm run scenario -- ${scenario}\``,
    '',
    '```',
    ...steps.flatMap(({ heading, entries }, index) => [
      ...(index === 0 ? [] : ['']),
      heading,
      ...entries.flatMap(entry =>
        entry.kind === 'said' || entry.kind === 'claim' ? [show(entry)] : ['', indent(show(entry)), '']
      )
    ]),
    ...problems,
    `${seconds} s`,
    '```',
    ''
  ].join('\n')
}

function show(entry: Entry): string {
  switch (entry.kind) {
    case 'said':
      return wrap(entry.text)
    case 'table':
      return tableOf(entry.rows).join('\n')
    case 'block':
      return entry.text
    case 'claim':
      return `${entry.holds ? 'HOLDS' : 'FAILS'}  ${entry.claim}: ${entry.seen}`
  }
}

/** Columns in the order in which rows first name them; figures to the right. */
function tableOf(rows: readonly Row[]): string[] {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const isFigure = new Map(
    columns.map(column => [column, rows.every(row => row[column] === undefined || typeof row[column] === 'number')])
  )
  const cells = rows.map(row => columns.map(column => showCell(row[column])))
  const padded = [columns, ...cells].map((row, _, all) =>
    row.map((cell, index) => {
      const widest = Math.max(...all.map(other => other[index]?.length ?? 0))
      return isFigure.get(columns[index] ?? '') ? cell.padStart(widest) : cell
    })
  )
  const [head = [], ...body] = padded
  return table(head, body)
}

function showCell(cell: Cell | undefined): string {
  if (cell === undefined || cell === null) return '-'
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no'
  return typeof cell === 'number' ? cell.toLocaleString('en-GB', { maximumFractionDigits: 1 }) : cell
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}

function wrap(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}
