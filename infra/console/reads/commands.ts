// What can be sent: each command with the schema of its function's declaration, and the ways in that the YAML gives it.
import * as z from 'zod'
import { eventKey } from '../../../functions/runtime/events/answer-once.ts'
import type { CommandDefinition } from '../../../functions/runtime/define-command.ts'
import type { Declaration } from '../../../functions/runtime/declaration.ts'
import { readDeclarations } from '../../derived/declarations.ts'
import { defineRead } from './read.ts'
import { type ClusterView } from './system/cluster.ts'
import { functionOf, type Sources } from './sources.ts'

type DeclaredCommand = CommandDefinition<z.ZodType> & Declaration

export interface CommandField {
  readonly name: string
  readonly type: 'text' | 'integer' | 'json'
  readonly isRequired: boolean
  /** In words, such as `at most 200 characters`. */
  readonly hint: string
}

export interface Command {
  readonly function: string
  readonly fields: readonly CommandField[]
  readonly http: { readonly method: string; readonly path: string; readonly url: string | null }
  /** Null for one that no Trigger brings to its function. */
  readonly broker: { readonly name: string; readonly type: string; readonly url: string | null } | null
}

export const commands = defineRead({
  description: 'The commands that functions take, with their fields, over HTTP and through the Broker.',
  input: z.object({}),
  async run(sources): Promise<{ readonly commands: readonly Command[] }> {
    return { commands: await Promise.all((await declaredCommands()).map(command => describe(sources, command))) }
  }
})

export async function declaredCommands(): Promise<DeclaredCommand[]> {
  return (await readDeclarations()).filter((one): one is DeclaredCommand => one.kind === 'command')
}

export async function describe(sources: Sources, { name, command, http, event }: DeclaredCommand): Promise<Command> {
  const [method = '', path = ''] = http.route.split(' ')
  return {
    function: name,
    fields: fieldsOf(command),
    http: { method, path, url: (await sources.functionUrl(name)) ?? null },
    broker: event === undefined ? null : await brokerOf(sources, await sources.cluster(), name, event.typeName)
  }
}

async function brokerOf(
  sources: Sources,
  { plan, urlOf }: ClusterView,
  name: string,
  type: string
): Promise<Command['broker']> {
  const service = plan.services.find(one => functionOf(one) === name)
  const trigger = plan.triggers.find(
    ({ subscriber: { ref } }) => ref?.namespace === service?.namespace && ref?.name === service?.name
  )
  if (service === undefined || trigger === undefined) return null
  const url = (await sources.functionUrl('broker')) ?? urlOf('Broker', trigger.namespace, trigger.broker)
  return { name: trigger.broker, type, url: url ?? null }
}

const JsonSchema = z.object({
  properties: z.record(
    z.string(),
    z.looseObject({
      type: z.string().optional(),
      format: z.string().optional(),
      maxLength: z.number().optional(),
      minimum: z.number().optional()
    })
  ),
  required: z.array(z.string()).default([])
})

export function fieldsOf(command: z.ZodType): CommandField[] {
  const { properties, required } = JsonSchema.parse(z.toJSONSchema(command, { io: 'input', unrepresentable: 'any' }))
  return Object.entries(properties).map(([name, { type, format, maxLength, minimum }]) => {
    const isRequired = required.includes(name)
    const words = [
      !isRequired && 'optional',
      format !== undefined && `an ${format} address`,
      type === 'integer' && (minimum === undefined ? 'a whole number' : `a whole number from ${minimum}`),
      maxLength !== undefined && `at most ${maxLength} characters`
    ]
    const fieldType = type === 'string' ? 'text' : type === 'integer' || type === 'number' ? 'integer' : 'json'
    return { name, type: fieldType, isRequired, hint: words.filter(Boolean).join(', ') }
  })
}

export interface CommandOutcome {
  readonly state: 'under way' | 'done' | 'letter'
  /** What it was answered. */
  readonly answer: unknown
  readonly letterId: string | null
  readonly errors: readonly FieldError[]
  /** Where no field is to blame. */
  readonly detail: string
}

export interface FieldError {
  readonly field: string
  readonly message: string
}

export const commandOutcome = defineRead({
  description: 'What became of a command that was sent through the Broker: done, a dead letter, or still under way.',
  input: z.object({ function: z.string(), source: z.string(), id: z.string() }),
  async run({ database }, { function: name, source, id }): Promise<CommandOutcome> {
    const answers = await database.query<{ body: unknown }>(
      "select body -> 'body' as body from command_answers where function = $1 and key = $2",
      [name, eventKey({ source, id })]
    )
    const [answer] = answers.rows
    if (answer) return { state: 'done', answer: answer.body, letterId: null, errors: [], detail: '' }
    const letters = await database.query<{ id: string; detail: string }>(
      'select id, detail from dead_letters where function = $1 and source = $2 and event_id = $3',
      [name, source, id]
    )
    const [letter] = letters.rows
    if (letter === undefined) return { state: 'under way', answer: null, letterId: null, errors: [], detail: '' }
    const command = (await declaredCommands()).find(one => one.name === name)
    const names = command === undefined ? [] : fieldsOf(command.command).map(field => field.name)
    return { state: 'letter', answer: null, letterId: letter.id, ...blame(letter.detail, names) }
  }
})

/** `name: must not be empty; version: is behind`: to each field what is said of it. */
export function blame(detail: string, names: readonly string[]): { errors: FieldError[]; detail: string } {
  const said = detail.split('; ').map(part => {
    const [, field = '', message = ''] = /^([\w.]+): (.*)$/.exec(part) ?? []
    return names.includes(field) ? { field, message } : part
  })
  return {
    errors: said.filter(one => typeof one !== 'string'),
    detail: said.filter(one => typeof one === 'string').join('; ')
  }
}
