// The commands that look at a running stack and handle its parts.
import { type Command, Option } from 'commander'
import { called } from '../called.ts'
import { type Action, actions } from '../control.ts'
import { type Endpoints, readEndpoints } from '../endpoints.ts'
import { actOnPart, nothingRuns } from './act-on-part.ts'
import { collect, createCommand, exits, exitStatus, print } from './command-line.ts'
import { levels } from './logs/log-line.ts'
import type { LogsOptions } from './logs/logs-command.ts'
import type { TraceOptions } from './trace-command.ts'
import { stateDirectoryOf, stateFlag } from './settings.ts'

const whatActionsDo: Readonly<Record<Action, string>> = {
  start: 'starts what was stopped or killed',
  stop: 'stops it in order; it stays down until start',
  kill: 'SIGKILL; a function and the data plane come back automatically, the others stay down until start',
  pause: 'SIGSTOP: it holds its connections and answers nothing',
  resume: 'SIGCONT',
  restart: 'stop, then start'
}
const partsHelp = `\nParts: those that ${called('status')} lists; a Service (create-order) also as its function is called (createOrder).`

export function stackCommands(): Command[] {
  return [statusCommand(), ...actions.map(partCommand), logsCommand(), traceCommand(), sqlCommand()]
}

function statusCommand(): Command {
  return command('status', 'every part with pid, health and address')
    .option('--json', 'for tools, with all addresses')
    .addHelpText('after', '\nExit status: 0 all is healthy, 1 a part is unhealthy, or nothing runs, 2 wrong usage.')
    .action(
      exits(async (_options: object, self: Command) => {
        const { showStatus } = await import('./show-status.ts')
        return showStatus(...(await running(self)), self.opts<{ json?: boolean }>().json === true)
      })
    )
}

function partCommand(action: Action): Command {
  return command(action, whatActionsDo[action])
    .argument('<part>')
    .addHelpText('after', partsHelp)
    .action(
      exits(async (part: string, _options: object, self: Command) => {
        const [endpoints, folder] = await running(self)
        if (endpoints === undefined) throw nothingRuns(folder)
        await actOnPart(endpoints, logNameOf(part, endpoints), action)
        print(`${part}: ${action} done`)
        return exitStatus.done
      })
    )
}

function logsCommand(): Command {
  return command('logs', 'the logs of all parts, in chronological order')
    .argument('[parts...]', 'of these parts only; main is the runtime itself')
    .option('-f, --follow', 'continue with what comes')
    .option('-n, --lines <n>', 'how many of those before', '100')
    .addOption(new Option('--level <level>', 'of this level and above').choices(Object.keys(levels)).default('trace'))
    .option('--part <part>', 'the same as naming it; may be repeated', collect)
    .option('--event <id>', 'that name this event')
    .option('--trace <id>', 'that belong to this trace')
    .option('--json', 'a line of JSON each: time, level, part, msg and what else there is')
    .addHelpText('after', partsHelp)
    .action(
      exits(async (parts: string[], options: LogsOptions, self: Command) => {
        const [endpoints, folder] = await running(self)
        const { printLogs } = await import('./logs/print-logs.ts')
        const names = [...parts, ...(options.part ?? [])].map(part => logNameOf(part, endpoints))
        return printLogs(folder, names, options)
      })
    )
}

function traceCommand(): Command {
  return command('trace', 'what happened to an event, a subject or in a trace, as a waterfall')
    .argument('[what]', 'the id of an event, of its subject, or of a trace; the last traces when left out')
    .option('--last <n>', 'of several traces', '5')
    .option('--failed', 'list only those with a failure')
    .option('--json', 'for tools')
    .addHelpText(
      'after',
      '\nWho did what under whom, when it began and how long it took. Idle time is cut out of the bars.'
    )
    .action(
      exits(async (what: string | undefined, options: TraceOptions, self: Command) => {
        const [, folder] = await running(self)
        const { showTraces } = await import('./trace-command.ts')
        return showTraces(folder, what, options, { columns: process.stdout.isTTY ? process.stdout.columns : undefined })
      })
    )
}

function sqlCommand(): Command {
  return command('sql', "runs one statement on the stack's PostgreSQL, as the owner of its tables")
    .argument('<statement>', '"-" reads it from standard input')
    .option('--database <name>', 'of this database; the main one by default')
    .option('--json', 'rows as JSON')
    .addHelpText('after', `\nExample: ${called('sql "select count(*) from orders"')}`)
    .action(
      exits(async (statement: string, options: { database?: string; json?: boolean }, self: Command) => {
        const [endpoints, folder] = await running(self)
        if (endpoints === undefined) throw nothingRuns(folder)
        if (!endpoints.postgres) throw new Error(`The stack of ${folder} has no PostgreSQL: its YAML has no Cluster.`)
        const { runSql } = await import('./run-sql.ts')
        return runSql(endpoints.postgres.url, statement, options)
      })
    )
}

function command(name: string, description: string): Command {
  return createCommand(name)
    .description(description)
    .option(...stateFlag)
}

/** What runs on the state folder that was asked for, wherever the flag stands, and the folder. */
async function running(self: Command): Promise<[Endpoints | undefined, string]> {
  const folder = stateDirectoryOf(self.optsWithGlobals<{ state?: string }>().state, process.env)
  return [await readEndpoints(folder), folder]
}

/** A function may be called by its folder too. */
function logNameOf(part: string, endpoints: Endpoints | undefined): string {
  if (endpoints?.services[part]) return part
  return endpoints?.functions[part]?.service ?? part.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}
