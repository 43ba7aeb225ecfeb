// `status`: every part with pid, health and address, and below why one is unhealthy.
import { Status } from '../control.ts'
import type { Endpoints } from '../endpoints.ts'
import { oneLine } from '../terminal-text.ts'
import { callControl, nothingRuns } from './act-on-part.ts'
import { exitStatus, print } from './command-line.ts'
import { table } from './table.ts'

export async function showStatus(endpoints: Endpoints | undefined, folder: string, asJson: boolean): Promise<number> {
  if (!endpoints) {
    if (asJson) print(JSON.stringify({ running: false, healthy: false }))
    throw nothingRuns(folder)
  }
  const status = Status.parse(await callControl(endpoints, 'GET', '/status'))
  print(asJson ? JSON.stringify({ running: true, ...status, endpoints }, null, 2) : describe(status))
  return status.healthy ? exitStatus.done : exitStatus.failed
}

/** A sentence for each thing that is not as it should be. */
export function problemsOf({ parts, topicProblems }: Status): string[] {
  const ofParts = parts.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]))
  return [...ofParts, ...topicProblems].map(oneLine)
}

function describe(status: Status): string {
  const { parts, refusedEdits } = status
  const rows = parts.map(({ name, address, pid, healthy }) => [
    name,
    pid === null ? '-' : String(pid),
    healthy ? 'healthy' : 'unhealthy',
    address
  ])
  const problems = problemsOf(status)
  return [
    ...table(['Part', 'Pid', 'Health', 'Address'], rows),
    ...paragraph(problems),
    ...paragraph(refusedEdits, 'The last edit is refused; what ran before continues:')
  ].join('\n')
}

function paragraph(sentences: readonly string[], heading?: string): string[] {
  return sentences.length === 0 ? [] : ['', ...(heading === undefined ? [] : [heading]), ...sentences.map(oneLine)]
}
