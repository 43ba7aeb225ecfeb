// One name in the spellings that it has: of a folder, of an object of Kubernetes, of a variable.
import { UsageError } from '../knative-local/command-line.ts'

/** onParcelSent: on-parcel-sent */
export const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/** parcel_sent: ParcelSent */
export const pascal = (topic: string): string =>
  topic.replaceAll(/(?:^|[^a-zA-Z0-9])([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())

export const lowerFirst = (name: string): string => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`
export const upperFirst = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`

/** Kubernetes allows 63 characters; a revision adds up to 10. */
const maxDashedLength = 50
const words = new Set(['default', 'delete', 'export', 'function', 'import', 'new', 'return', 'runtime', 'students'])

/** @throws UsageError with what is wrong and how it may be */
export function checkName(name: string): void {
  if (!/^[a-z][a-z0-9]*(?:[A-Z][a-z0-9]+)*$/.test(name) || words.has(name)) {
    throw new UsageError(`${name} cannot be a function's name: it must read like onParcelSent or sendParcel`)
  }
  if (dashed(name).length > maxDashedLength) {
    throw new UsageError(`${name} is too long: as ${dashed(name)} it may have ${maxDashedLength} characters`)
  }
}

/** @throws UsageError with what is wrong and how it may be */
export function checkTopic(topic: string): void {
  if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(topic) || topic.length > 63) {
    throw new UsageError(`${topic} cannot be a topic here: it must read like parcel_sent, in at most 63 characters`)
  }
}

/** @throws UsageError with what is wrong and how it may be */
export function checkType(type: string): void {
  if (!/^[a-zA-Z][\w-]*(?:\.[a-zA-Z][\w-]*)+$/.test(type)) {
    throw new UsageError(`${type} cannot be a new type: it must read like example.ParcelSent`)
  }
}
