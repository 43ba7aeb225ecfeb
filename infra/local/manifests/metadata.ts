// metadata, as the API server takes it. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
import { z } from 'zod'
import { object, refined, rule } from './schema.ts'

const maxNameLength = 253
const maxLabelLength = 63

const text = z.record(z.string(), z.string())

const labels = rule(text, (value, report) => {
  for (const [key, label] of Object.entries(value)) {
    if (typeof label !== 'string' || isLabelValue(label)) continue
    report(
      [key],
      `invalid value: "${label}"; a label holds at most ${maxLabelLength} letters, digits, '-', '_' and '.'. Put it in an annotation`
    )
  }
})

const name = refined(z.string(), value =>
  value.length > 0 && value.length <= maxNameLength && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(value)
    ? undefined
    : `invalid value: "${value}"; a name holds lower case letters, digits, '-' and '.', and starts and ends with a letter or digit`
)

const namespace = refined(z.string(), value =>
  value.length > 0 && value.length <= maxLabelLength && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value)
    ? undefined
    : `invalid value: "${value}"; a namespace holds lower case letters, digits and '-'`
)

export const metadataSchema = object({
  name,
  namespace: namespace.optional(),
  generateName: z.string().optional(),
  labels: labels.optional(),
  annotations: text.optional(),
  finalizers: z.array(z.string()).optional(),
  ownerReferences: z.array(z.unknown()).optional(),
  managedFields: z.array(z.unknown()).optional(),
  creationTimestamp: z.unknown().optional(),
  deletionTimestamp: z.unknown().optional(),
  deletionGracePeriodSeconds: z.unknown().optional(),
  generation: z.unknown().optional(),
  resourceVersion: z.unknown().optional(),
  selfLink: z.unknown().optional(),
  uid: z.unknown().optional()
})

/** Where the name becomes part of a host name, as a Knative Service's does (RFC 1035 label). */
export function hostLabelProblem(value: string): string | undefined {
  if (value.length <= maxLabelLength && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(value)) return undefined
  return `invalid value: "${value}"; the name becomes a host name: at most ${maxLabelLength} lower case letters, digits and '-', starting with a letter`
}

function isLabelValue(value: string): boolean {
  return value.length <= maxLabelLength && /^([A-Za-z0-9]([\w.-]*[A-Za-z0-9])?)?$/.test(value)
}
