// Where events go: a reference to an addressable object, an absolute URI, or a reference with a path below its address.
// https://github.com/knative/pkg/blob/main/apis/duck/v1/destination.go
import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { failsLater } from './consequence.ts'
import { isRecord } from '../is-record.ts'
import type { Destination } from '../plan.ts'
import { object, refined, rule, type Report } from '../schema.ts'

const referenceFields = {
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional()
}

/** A reference whose fields stand where `ref` should be: one sentence in place of one for each. */
const notFlat = z.unknown().superRefine((value, context) => {
  if (!isRecord(value) || 'ref' in value || 'uri' in value) return
  const flat = ['apiVersion', 'kind', 'name', 'namespace'].filter(field => field in value)
  const [first] = flat
  if (first === undefined) return
  const message = `put ${flat.join(', ')} under ref: { ref: { ${flat.map(field => `${field}: ${String(value[field])}`).join(', ')} } }`
  context.addIssue({ code: 'custom', path: [first], message })
})

/** Of a Trigger or Broker. */
export const destinationSchema = destination(object(referenceFields), [], '')

const sourceReference = rule(
  object({ ...referenceFields, group: z.string().optional(), address: z.string().optional() }),
  ({ group, address }, report) => {
    if (group !== undefined)
      report(['group'], 'must not be set; name the group in apiVersion, for instance serving.knative.dev/v1')
    if (address !== undefined) report(['address'], 'named addresses are not supported here')
  }
)

/** Of a KafkaSource: its custom resource definition knows more fields of a reference, and requires two. */
export const sourceDestinationSchema = destination(sourceReference, ['kind', 'name'], '')
/** The webhook does not look at a KafkaSource's delivery. */
export const sourceDeadLetterSinkSchema = destination(
  sourceReference,
  ['kind', 'name'],
  failsLater('failed to reconcile consumer group')
)

export type DestinationInput = z.output<typeof destinationSchema>

export function toDestination({ ref, uri }: DestinationInput, namespace: string): Destination {
  return {
    ...(ref && {
      ref: {
        apiVersion: ref.apiVersion ?? '',
        kind: ref.kind ?? '',
        namespace: ref.namespace || namespace,
        name: ref.name ?? ''
      }
    }),
    ...(uri !== undefined && { uri })
  }
}

/** `consequence` ends the messages of what the webhook would refuse where it looks. */
function destination<Reference extends typeof sourceReference | z.ZodObject<typeof referenceFields>>(
  ref: Reference,
  required: readonly string[],
  consequence: string
) {
  const schema = object({
    ref: ref.optional(),
    uri: z.string().optional(),
    CACerts: refined(z.string(), pem => {
      const problem = certificateProblem(pem)
      return problem === undefined ? undefined : `${problem}${consequence}`
    }).optional(),
    audience: z.string().optional()
  })
  const checked = rule(schema, ({ ref: reference, uri }, report) => {
    if (reference === undefined && uri === undefined) {
      return report([], `expected a ref or a uri, got neither: it says where the events go${consequence}`)
    }
    if (typeof reference === 'object') {
      // Beside a uri the webhook does not look at the reference.
      const ending = uri === undefined ? consequence : failsLater('the sink cannot be resolved')
      for (const field of ['apiVersion', 'kind', 'name'] as const) {
        if ((reference[field] ?? '') === '')
          report(['ref', field], `missing field${required.includes(field) ? '' : ending}`)
      }
    }
    if (typeof uri !== 'string') return
    if (!isUri(uri)) return report(['uri'], `"${uri}" is not a valid URI`)
    checkUri(uri, reference !== undefined, (path, message) => report(path, `${message}${consequence}`))
  })
  return notFlat.pipe(checked)
}

function checkUri(uri: string, hasReference: boolean, report: Report): void {
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(uri)
  if (hasReference) {
    if (absolute)
      report(['uri'], 'an absolute URI is not allowed beside a ref; write only its path, or leave the ref out')
  } else if (!absolute) {
    report(
      ['uri'],
      `a relative URI needs a ref; write an absolute one, for instance http://example.com${uri.startsWith('/') ? uri : '/'}`
    )
  } else if (!URL.canParse(uri) || !/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(uri)) report(['uri'], `"${uri}" has no host`)
  else if (!/^https?:/i.test(uri))
    report(['uri'], `"${uri}" is not http or https${failsLater('no event can be delivered')}`)
}

/** What Go's url.Parse takes; the rest is refused by the API server itself. */
function isUri(text: string): boolean {
  const hasScheme = /^[a-z][a-z0-9+.-]*:/i.test(text)
  const firstSegment = text.split(/[/?#]/)[0] ?? ''
  // oxlint-disable-next-line no-control-regex
  return !/[\u0000-\u001f\u007f]|%(?![\da-f]{2})/i.test(text) && (hasScheme || !firstSegment.includes(':'))
}

function certificateProblem(pem: string): string | undefined {
  const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem)?.[0]
  try {
    if (block !== undefined && new X509Certificate(block).raw.length > 0) return undefined
  } catch {
    // Said below, as for a text without any certificate.
  }
  return 'invalid value: a certificate in PEM form is expected'
}
