// `npm run local -- COMMAND`: looks at a running stack and handles its parts.
import { parseArgs } from 'node:util'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { actOnPart, callControl } from './act-on-part.ts'
import { type Action, actions, Status } from '../control.ts'
import { type Endpoints, readEndpoints } from '../endpoints.ts'
import { stateDirectoryOf } from './settings.ts'
import { table } from './table.ts'

const usage = `npm run local -- COMMAND [--state DIR]

  status [--json]      every part with pid and health; exit status 1 when one is not well or nothing runs
  start PART           starts what was stopped or killed
  stop PART            stops it in order; it stays down until start
  kill PART            SIGKILL; a function and the data plane come back by themselves, the others stay down until start
  pause PART           SIGSTOP: it holds its connections and answers nothing
  resume PART          SIGCONT
  restart PART         stop, then start
  logs PART [-f]       the part's log; -f follows it
  dead-letters ...     lists, replays, discards and edits dead letters; --help tells how
  audit                what became of every event; proves that none is lost, or names it
  check [FILE-or-DIR]  everything that is wrong with the YAML, told at once; starts nothing
  chaos                faults under load by a seeded schedule, then the audit; --help tells which
  record WHERE         shows a record again: TOPIC/PARTITION/OFFSET

Parts: broker-1, broker-2, broker-3, postgres, connect, registry, dataplane, and every function (create-student or createStudent).`

const print = (text: string) => void process.stdout.write(`${text}\n`)

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function run(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args
  if (first === 'audit') return (await import('../../proof/audit/audit-command.ts')).auditCommand(rest)
  if (first === 'check') {
    const { checkCommand } = await import('../manifests/check-command.ts')
    return checkCommand(rest, { write: text => process.stdout.write(text), colour: process.stdout.isTTY })
  }
  if (first === 'dead-letters') {
    return (await import('../../dead-letters/dead-letters-command.ts')).deadLettersCommand(rest)
  }
  if (first === 'chaos') return (await import('../../proof/chaos/chaos-command.ts')).chaosCommand(rest)
  if (first === 'record') return (await import('../../proof/audit/record-command.ts')).recordCommand(rest)
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      json: { type: 'boolean', default: false },
      follow: { type: 'boolean', short: 'f', default: false },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  const [command, part] = positionals
  if (values.help || command === undefined) {
    print(usage)
    return command === undefined && !values.help ? 64 : 0 // EX_USAGE of sysexits.h
  }
  const stateDirectory = stateDirectoryOf(values.state, process.env)
  const endpoints = await readEndpoints(stateDirectory)
  if (command === 'logs' && part) {
    return tail(join(stateDirectory, 'logs', `${serviceOf(part, endpoints)}.log`), values.follow)
  }
  if (!endpoints) {
    if (command === 'status' && values.json) print(JSON.stringify({ running: false, healthy: false }))
    throw new Error(`Nothing runs on ${stateDirectory}, or it is not ready yet. Start it with npm run dev.`)
  }
  if (command === 'status') return showStatus(endpoints, values.json)
  const action = actions.find(known => known === command)
  if (!action || !part) throw new Error(`${positionals.join(' ')} is not understood\n\n${usage}`)
  return act(endpoints, action, serviceOf(part, endpoints))
}

async function showStatus(endpoints: Endpoints, asJson: boolean): Promise<number> {
  const status = Status.parse(await callControl(endpoints, 'GET', '/status'))
  if (asJson) print(JSON.stringify({ running: true, ...status, endpoints }, null, 2))
  else {
    const rows = status.parts.map(({ name, pid, healthy, problem }) => [
      name,
      pid === null ? '-' : String(pid),
      healthy ? 'well' : `not well${problem ? `: ${problem}` : ''}`,
      addressOf(name, endpoints)
    ])
    print(table(['Part', 'Pid', 'Health', 'Address'], rows).join('\n'))
  }
  for (const sentence of status.topicProblems) print(sentence)
  return status.healthy ? 0 : 1
}

async function act(endpoints: Endpoints, action: Action, part: string): Promise<number> {
  await actOnPart(endpoints, part, action)
  print(`${part}: ${action} done`)
  return 0
}

/** A function may be called by its folder too. */
function serviceOf(part: string, endpoints: Endpoints | undefined): string {
  return endpoints?.functions[part]?.service ?? part.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

function addressOf(part: string, { functions, kafka, registry, connect, dataplane, ingress }: Endpoints): string {
  const broker = kafka.brokers.find(({ id }) => part === `broker-${id}`)
  if (broker) return `127.0.0.1:${broker.port}`
  if (part === 'dataplane') return `${ingress.url} (ingress), ${dataplane.statusUrl}`
  const known: Record<string, string> = { registry: registry.url, connect: connect.url }
  return known[part] ?? Object.values(functions).find(({ service }) => service === part)?.url ?? ''
}

function tail(file: string, follow: boolean): Promise<number> {
  const child = spawn('tail', [...(follow ? ['-F'] : []), '-n', '100', file], { stdio: 'inherit' })
  return new Promise(fulfil => child.once('exit', code => fulfil(code ?? 0)))
}
