// What main says: on the screen, and in the merged logs beside what its parts say.
import type { Processes } from '../processes/processes.ts'
import { type Progress, startProgress } from '../stack/progress.ts'
import { lines } from '../terminal-text.ts'

export interface Messages {
  /** For the screen alone. */
  print(text: string): void
  /** With the time of day. */
  report(sentence: string): void
  readonly progress: Progress
  /** Once there are logs. */
  keepIn(processes: Pick<Processes, 'log'>): void
  /** Reports nothing any more. */
  silence(): void
}

export function createMessages(): Messages {
  let logs: Pick<Processes, 'log'> | undefined
  let isSilent = false
  const print = (text: string) => void process.stdout.write(`${text}\n`)
  const keep = (msg: string) => logs?.log('main', JSON.stringify({ level: 30, time: Date.now(), msg }))
  return {
    print,
    report(sentence) {
      if (isSilent) return
      print(`${new Date().toTimeString().slice(0, 8)}  ${lines(sentence)}`)
      keep(sentence)
    },
    progress: startProgress(line => {
      print(lines(line))
      keep(line.trimStart())
    }),
    keepIn: processes => void (logs = processes),
    silence: () => void (isSilent = true)
  }
}
