// metadata, as the API server takes it. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
import { z } from 'zod'
import { isRecord } from './is-record.ts'
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

const namespace = refined(z.string(), value =>
  value.length > 0 && value.length <= maxLabelLength && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value)
    ? undefined
    : `invalid value: "${value}"; a namespace holds lower case letters, digits and '-'`
)

const fields = {
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
}

export const metadataSchema = object({ name: refined(z.string(), nameProblem), ...fields })

/** Roles and bindings: their names may hold `:` and capitals. https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/apis/rbac/validation/validation.go (path.ValidatePathSegmentName) */
export const rbacMetadataSchema = object({
  name: refined(z.string().min(1, 'missing field'), name =>
    name === '.' || name === '..' || /[/%]/.test(name)
      ? `invalid value: "${name}"; this name is a path's segment: neither . nor .., without / and %`
      : undefined
  ),
  ...fields
})

/** Of what is made from a template, which gets a name when it is made. */
export const templateMetadataSchema = object({ name: z.string().optional(), ...fields })

interface ReadableMetadata {
  readonly name: string
  readonly namespace?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** As much of wrong metadata as can be used to check the rest of the object. */
export function readableMetadata(metadata: unknown): ReadableMetadata {
  const { name, namespace: written, labels: labelMap, annotations } = isRecord(metadata) ? metadata : {}
  const texts = (map: unknown) =>
    Object.fromEntries(
      Object.entries(isRecord(map) ? map : {}).flatMap(([key, value]) =>
        typeof value === 'string' ? [[key, value]] : []
      )
    )
  return {
    name: typeof name === 'string' ? name : '',
    ...(typeof written === 'string' && { namespace: written }),
    labels: texts(labelMap),
    annotations: texts(annotations)
  }
}

/** RFC 1123 subdomain, the rule for most names. */
export function nameProblem(value: string): string | undefined {
  if (value.length <= maxNameLength && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value))
    return undefined
  return `invalid value: "${value}"; a name holds lower case letters, digits, '-' and '.', and starts and ends with a letter or digit`
}

/** Where the name becomes part of a host name, as a Knative Service's does (RFC 1035 label). */
export function hostLabelProblem(value: string): string | undefined {
  if (value.length <= maxLabelLength && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(value)) return undefined
  return `invalid value: "${value}"; the name becomes a host name: at most ${maxLabelLength} lower case letters, digits and '-', starting with a letter`
}

function isLabelValue(value: string): boolean {
  return value.length <= maxLabelLength && /^([A-Za-z0-9]([\w.-]*[A-Za-z0-9])?)?$/.test(value)
}
