// The TypeScript of a new function: it runs and its test passes before anything is filled in.
import type { Order } from '../../../functions/runtime/declaration.ts'
import type { KnownType } from '../event-types.ts'
import { dashed, upperFirst } from '../names.ts'

export interface FunctionPlan {
  readonly name: string
  readonly kind: 'consumer' | 'plain' | 'command'
  readonly topics: readonly string[]
  readonly types: readonly string[]
  readonly events: readonly Omit<KnownType, 'type'>[]
  /** Its event type is made with it, in event.ts. */
  readonly isNewType: boolean
  readonly order: Order
}

/** File by file, beside func.yaml. */
export function codeOf(plan: FunctionPlan): [file: string, text: string][] {
  const code = plan.kind === 'command' ? commandCode(plan) : consumerCode(plan)
  return [...(plan.isNewType ? [['event.ts', eventCode(plan)] as [string, string]] : []), ...code]
}

const studentEvents = 'students/student-events.ts'
const list = (names: readonly string[]) => names.join(', ')
const namesOf = ({ events }: FunctionPlan) => events.map(({ name }) => name)

/** One import statement for each module that the events come from. */
function eventImports({ name, events }: FunctionPlan, keyword = 'import'): string {
  const modules = [...new Set(events.map(({ module }) => module))].toSorted()
  return modules
    .map(module => {
      const names = events.filter(event => event.module === module).map(event => event.name)
      const path = module.startsWith(`${name}/`) ? `./${module.slice(name.length + 1)}` : `../${module}`
      return `${keyword} { ${list(names)} } from '${path}'\n`
    })
    .join('')
}

function eventCode(plan: FunctionPlan): string {
  return `import * as z from 'zod'
import { jsonEvent } from '../runtime/events/event-type.ts'

/** Fill in what the data holds. Readers that are deployed already must be able to read what is added later. */
export const ${namesOf(plan)[0]} = jsonEvent('${plan.types[0]}', z.object({ id: z.string(), name: z.string() }))
`
}

function consumerCode(plan: FunctionPlan): [string, string][] {
  const { name, kind, topics, types, order } = plan
  const isPlain = kind === 'plain'
  const accepts = list(namesOf(plan))
  const context = isPlain ? 'PlainContext' : 'DeliveryContext'
  const index = `import { defineFunction } from '../runtime/define-function.ts'
${eventImports(plan)}import { ${name} } from './handler.ts'

export default defineFunction({
  name: '${name}',
  accepts: [${accepts}],
${isPlain ? '' : `  order: '${order}',\n`}  handle: ${name}
})
`
  const handler = `// Fill in what ${name} does, in one sentence.
//
//   in          ${topics.join(' and ')}, ${types.join(' and ')}   (knative/${dashed(name)}.yaml)
//   out         a line in the log
//   on failure  PermanentFailure: a dead letter at once; anything else: 10 more tries in 7 minutes first
import type { ${context} } from '../runtime/define-function.ts'
import type { DataOf, TypedEvent } from '../runtime/events/event-type.ts'
${eventImports(plan, 'import type')}
type Event = TypedEvent<DataOf<[${list(namesOf(plan).map(event => `typeof ${event}`))}]>>
type Context = Pick<${context}, 'log'>

export async function ${name}({ id, type, data }: Event, { log }: Context): Promise<void> {
  log.info({ id, type, data }, 'handled')
}
`
  return [
    ['index.ts', index],
    ['handler.ts', handler],
    ['handler.test.ts', isPlain ? plainTest(plan) : deliveryTest(plan)]
  ]
}

/** Nothing comes before it in its entity's order. */
const firstOf = ({ events }: FunctionPlan) => events.toSorted((a, b) => a.firstSequence - b.firstSequence)[0]

function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(
    ([key, of]) => `${/^[a-z_$][\w$]*$/i.test(key) ? key : `'${key}'`}: ${literal(of)}`
  )
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

function sample(plan: FunctionPlan): { imports: string; event: string } {
  const event = firstOf(plan)
  return event?.module === studentEvents
    ? {
        imports: `import { studentEvent } from '../../infra/test/student-event.ts'\n`,
        event: `studentEvent({ version: ${event.firstSequence} })`
      }
    : {
        imports: `import { testEvent } from '../../infra/test/test-event.ts'\n`,
        event: `testEvent(${event?.name}, ${literal(event?.sample)})`
      }
}

/** A student's event says of itself which type it is. */
const eventsInTest = (plan: FunctionPlan) =>
  eventImports({
    ...plan,
    events: [firstOf(plan)].filter(event => event !== undefined && event.module !== studentEvents) as typeof plan.events
  })

function deliveryTest(plan: FunctionPlan): string {
  const { imports, event } = sample(plan)
  const deliver = plan.order === 'none' ? 'deliverOnce' : 'deliverInOrder'
  const file = plan.order === 'none' ? 'deliver-once' : 'deliver-in-order'
  return `import { expect, test } from 'vitest'
import { testDatabase } from '../../infra/test/database.ts'
${imports}import { ${deliver} } from '../runtime/delivery/${file}.ts'
import { createLog } from '../runtime/host/log.ts'
${eventsInTest(plan)}import ${plan.name} from './index.ts'

const log = createLog('test', 'silent')

test('an event that is delivered twice is handled once', async () => {
  const { db } = await testDatabase()
  const event = ${event}
  const deliver = () => ${deliver}(db, ${plan.name}, event, tx => ({ tx, log }))
  expect(await deliver()).toBe('applied')
  expect(await deliver()).toBe('already-done')
})
`
}

function plainTest(plan: FunctionPlan): string {
  const event = firstOf(plan)
  const input = event?.module === studentEvents ? "{ id: 'student-1', version: 1 }" : literal(event?.sample)
  return `import { expect, test } from 'vitest'
import { createLog } from '../runtime/host/log.ts'
${eventImports({ ...plan, events: plan.events.filter(({ name }) => name === event?.name) })}import { ${plan.name} } from './handler.ts'

test('an event is handled', async () => {
  const event = {
    id: 'event-1',
    source: '/test',
    type: ${event?.name}.type,
    time: '2026-01-02T03:04:05.000Z',
    data: ${event?.name}.create(${input}),
    attributes: {}
  }
  await expect(${plan.name}(event, { log: createLog('test', 'silent') })).resolves.toBeUndefined()
})
`
}

function commandCode(plan: FunctionPlan): [string, string][] {
  const { name, topics, types } = plan
  const [topic = ''] = topics
  const [event] = namesOf(plan)
  const isOfStub = plan.events[0]?.isStub === true
  const command = `${upperFirst(name)}Command`
  const index = `import { defineCommand } from '../runtime/define-command.ts'
${eventImports(plan)}import { ${command}, ${name} } from './handler.ts'

export default defineCommand({
  name: '${name}',
  command: ${command},
  http: { route: 'POST /' },
  publishes: { ${topicVariable(topic)}: ${event} },
  handle: ${name}
})
`
  const publish = isOfStub
    ? `  await publish(${event}, { id, ...command }, { subject: id })\n`
    : `  // Fill in what the event holds: await publish(${event}, { … })\n`
  const handler = `// Fill in what ${name} does, in one sentence.
//
//   in   POST { name }   (knative/${dashed(name)}.yaml)
//   out  ${isOfStub ? `${types[0]} in the outbox, for ${topic}` : 'nothing yet'}
import { v7 as uuidv7 } from 'uuid'
import * as z from 'zod'
import type { CommandContext } from '../runtime/define-command.ts'
import { line } from '../runtime/events/command.ts'
import type { FunctionAnswer } from '../runtime/host/http-server.ts'
${isOfStub ? eventImports(plan) : ''}
export const ${command} = z.strictObject({ name: line(200) })
export type ${command} = z.infer<typeof ${command}>

type Context = Pick<CommandContext, ${isOfStub ? "'publish'" : "'log'"}>

export async function ${name}(command: ${command}, { ${isOfStub ? 'publish' : 'log'} }: Context): Promise<FunctionAnswer> {
  const id = uuidv7()
${publish}${isOfStub ? '' : "  log.info({ id }, 'accepted')\n"}  return { status: 201, headers: { location: \`/\${id}\` }, body: { id, ...command } }
}
`
  const handed = isOfStub
    ? `{ publish: async type => void published.push(type.type) }`
    : `{ log: createLog('test', 'silent') }`
  const test = `import { expect, test } from 'vitest'
${isOfStub ? '' : "import { createLog } from '../runtime/host/log.ts'\n"}import { ${name} } from './handler.ts'

test('a command is answered with what was made${isOfStub ? ', and published' : ''}', async () => {
${isOfStub ? '  const published: string[] = []\n' : ''}  const answer = await ${name}({ name: 'Ada' }, ${handed})
  expect(answer).toMatchObject({ status: 201, body: { name: 'Ada' } })
${isOfStub ? `  expect(published).toEqual(['${types[0]}'])\n` : ''}})
`
  return [
    ['index.ts', index],
    ['handler.ts', handler],
    ['handler.test.ts', test]
  ]
}

/** parcel_sent: PARCEL_SENT_TOPIC */
export const topicVariable = (topic: string): string => `${topic.toUpperCase()}_TOPIC`
