// The event as it travels through the data plane: attributes parsed and checked once, data as bytes.

export type SpecVersion = '0.3' | '1.0'

/** Structured JSON may carry integers and booleans; everything else is text. */
export type ExtensionValue = string | number | boolean

export interface CloudEvent {
  readonly specversion: SpecVersion
  readonly id: string
  readonly source: string
  readonly type: string
  readonly datacontenttype?: string | undefined
  /** `schemaurl` in 0.3 */
  readonly dataschema?: string | undefined
  readonly subject?: string | undefined
  /** As java.time writes it: no trailing zeros in the fraction. */
  readonly time?: string | undefined
  readonly extensions: ReadonlyMap<string, ExtensionValue>
  /** null: no data at all; zero bytes: data that is empty. */
  readonly data: Buffer | null
}

const extensionName = /^[a-z0-9]+$/

export function isExtensionName(name: string): boolean {
  return extensionName.test(name)
}

/** The value of a context attribute or extension as text; undefined when the event does not have it. */
export function attribute(event: CloudEvent, name: string): string | undefined {
  switch (name) {
    case 'specversion':
      return event.specversion
    case 'id':
      return event.id
    case 'source':
      return event.source
    case 'type':
      return event.type
    case 'datacontenttype':
      return event.datacontenttype
    case 'dataschema':
    case 'schemaurl':
      return event.dataschema
    case 'subject':
      return event.subject
    case 'time':
      return event.time
    default:
      return event.extensions.get(name)?.toString()
  }
}
