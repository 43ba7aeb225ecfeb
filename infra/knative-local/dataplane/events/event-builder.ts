// Builds an event attribute by attribute, with the checks of Knative's CloudEvents SDK: what it refuses is no CloudEvent.
import { isExtensionName, type CloudEvent, type ExtensionValue, type SpecVersion } from './cloud-event.ts'
import { normaliseTime } from './timestamp.ts'
import { isUri } from './uri.ts'

export class NotACloudEvent extends Error {
  override name = 'NotACloudEvent'
}

export function specVersion(text: string | undefined): SpecVersion {
  if (text === '1.0' || text === '0.3') return text
  throw new NotACloudEvent(text === undefined ? 'no specversion' : `specversion ${text} is not known`)
}

/** Fresh from its builder: nobody else has it yet, so that its maker may add extensions. */
export interface BuiltEvent extends CloudEvent {
  readonly extensions: Map<string, ExtensionValue>
}

export class EventBuilder {
  private readonly specversion: SpecVersion
  private id: string | undefined
  private source: string | undefined
  private type: string | undefined
  private datacontenttype: string | undefined
  private dataschema: string | undefined
  private subject: string | undefined
  private time: string | undefined
  private readonly extensions = new Map<string, ExtensionValue>()

  constructor(specversion: SpecVersion) {
    this.specversion = specversion
  }

  set(name: string, value: string): void {
    switch (name) {
      case 'specversion':
        throw new NotACloudEvent('specversion is given twice')
      case 'id':
        this.id = value
        return
      case 'source':
        this.source = uri(name, value)
        return
      case 'type':
        this.type = value
        return
      case 'datacontenttype':
        this.datacontenttype = value
        return
      case 'subject':
        this.subject = value
        return
      case 'time': {
        const time = normaliseTime(value)
        if (time === undefined) throw new NotACloudEvent(`time ${value} is not an RFC 3339 time`)
        this.time = time
        return
      }
      default:
        if (name === (this.specversion === '1.0' ? 'dataschema' : 'schemaurl')) this.dataschema = uri(name, value)
        else if (name !== 'datacontentencoding' || this.specversion === '1.0') this.setExtension(name, value)
    }
  }

  setExtension(name: string, value: ExtensionValue): void {
    if (!isExtensionName(name)) throw new NotACloudEvent(`extension name ${name} is not made of a-z and 0-9`)
    this.extensions.set(name, value)
  }

  build(data: Buffer | null): BuiltEvent {
    return {
      specversion: this.specversion,
      id: required('id', this.id),
      source: required('source', this.source),
      type: required('type', this.type),
      datacontenttype: this.datacontenttype,
      dataschema: this.dataschema,
      subject: this.subject,
      time: this.time,
      extensions: this.extensions,
      data
    }
  }
}

function required(name: string, value: string | undefined): string {
  if (value === undefined) throw new NotACloudEvent(`no ${name}`)
  return value
}

function uri(name: string, value: string): string {
  if (!isUri(value)) throw new NotACloudEvent(`${name} ${value} is not a URI`)
  return value
}
