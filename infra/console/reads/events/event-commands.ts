// The command lines that send an event again, as it is: same id, same source, same bytes. A function that has done it does nothing.
import { attribute, type CloudEvent } from '../../../knative-local/events.ts'
import { followersIn } from './followers.ts'
import type { SeenRecord } from './seen-record.ts'
import { functionOf, type Sources } from '../sources.ts'

export interface EventCommands {
  readonly function: string
  readonly curl: string
  /** https://github.com/knative/func/blob/main/docs/reference/func_invoke.md; only where its data is text, which is all that func takes. */
  readonly funcInvoke: string | null
}

export async function asCommands(sources: Sources, record: SeenRecord): Promise<EventCommands[]> {
  const { event } = record
  if (event === undefined) return []
  const { plan } = await sources.cluster()
  return Promise.all(
    followersIn(plan)(record).map(async ({ function: name, egress }) => {
      const service = plan.services.find(one => one.name === egress.subscriber.ref?.name)
      const url = (await sources.functionUrl(name)) ?? (service && (await sources.functionUrl(functionOf(service))))
      const target = new URL(egress.subscriber.uri ?? '', `${url ?? `http://${name}.example.com`}/`).href
      return { function: name, curl: curlOf(event, target), funcInvoke: funcInvokeOf(event, name, target) }
    })
  )
}

export function curlOf(event: CloudEvent, url: string): string {
  const names = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema', ...event.extensions.keys()]
  const headers = names.flatMap(name => {
    const value = attribute(event, name)
    return value === undefined ? [] : [`-H ${quoted(`ce-${name}: ${value}`)}`]
  })
  if (event.datacontenttype !== undefined) headers.push(`-H ${quoted(`content-type: ${event.datacontenttype}`)}`)
  const data = textOf(event)
  const parts = [`curl -i ${quoted(url)}`, ...headers]
  if (data !== undefined) return [...parts, `--data-raw ${quoted(data)}`].join(' \\\n  ')
  const bytes = (event.data ?? Buffer.alloc(0)).toString('base64')
  return `echo ${bytes} | base64 -d | ${[...parts, '--data-binary @-'].join(' \\\n  ')}`
}

function funcInvokeOf(event: CloudEvent, name: string, url: string): string | null {
  const data = textOf(event)
  if (data === undefined) return null
  const { id, source, type, datacontenttype = 'application/json' } = event
  const flags = {
    path: `functions/${name}`,
    target: url,
    format: 'cloudevent',
    id,
    source,
    type,
    'content-type': datacontenttype,
    data
  }
  return `func invoke ${Object.entries(flags)
    .map(([flag, value]) => `--${flag} ${quoted(value)}`)
    .join(' ')}`
}

/** Data that a shell can carry as it is; undefined for bytes. */
function textOf({ data, datacontenttype = '' }: CloudEvent): string | undefined {
  if (data === null) return ''
  if (!/json|^text\//i.test(datacontenttype)) return undefined
  const text = data.toString('utf8')
  return Buffer.from(text, 'utf8').equals(data) && !text.includes('\0') ? text : undefined
}

/** For any POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
