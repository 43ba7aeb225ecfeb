// Where events go: a reference to an addressable object, an absolute URI, or a reference with a path below its address.
// https://github.com/knative/pkg/blob/main/apis/duck/v1/destination.go
import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { Destination } from './plan.ts'
import { object, refined, rule } from './schema.ts'

/** The custom resource definition of KafkaSource knows two more fields of a reference than those of Broker and Trigger. */
export const destinationSchema = destination(object(referenceFields()))
export const sourceDestinationSchema = destination(
  rule(
    object({ ...referenceFields(), group: z.string().optional(), address: z.string().optional() }),
    (reference, report) => {
      if (reference.group !== undefined)
        report(['group'], 'must not be set; name the group in apiVersion, for instance serving.knative.dev/v1')
      if (reference.address !== undefined) report(['address'], 'named addresses are not supported here')
    }
  )
)

export type DestinationInput = z.output<typeof destinationSchema>

export function toDestination(input: DestinationInput, namespace: string): Destination {
  const { ref, uri } = input
  return {
    ...(ref && {
      ref: { apiVersion: ref.apiVersion, kind: ref.kind, namespace: ref.namespace || namespace, name: ref.name }
    }),
    ...(uri !== undefined && { uri })
  }
}

function referenceFields() {
  const name = z.string().min(1, 'missing field')
  return { apiVersion: name, kind: name, name, namespace: z.string().optional() }
}

function destination<Reference extends z.ZodType>(ref: Reference) {
  const schema = object({
    ref: ref.optional(),
    uri: z.string().optional(),
    CACerts: refined(z.string(), certificateProblem).optional(),
    audience: z.string().optional()
  })
  return rule(schema, ({ ref: reference, uri }, report) => {
    if (uri === undefined) {
      if (reference === undefined) report([], 'expected a ref or a uri, got neither: it says where the events go')
      return
    }
    if (typeof uri !== 'string') return
    const absolute = /^[a-z][a-z0-9+.-]*:/i.test(uri)
    if (reference !== undefined) {
      if (absolute)
        report(['uri'], 'an absolute URI is not allowed beside a ref; write only its path, or leave the ref out')
      else if (!URL.canParse(uri, 'http://ref.example.com')) report(['uri'], `"${uri}" is not a valid URI`)
    } else if (!absolute)
      report(
        ['uri'],
        `a relative URI needs a ref; write an absolute one, for instance http://example.com${uri.startsWith('/') ? uri : '/'}`
      )
    else if (!URL.canParse(uri) || !/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(uri)) report(['uri'], `"${uri}" has no host`)
    else if (!/^https?:/i.test(uri))
      report(['uri'], `"${uri}" is not http or https. kubectl apply takes it, and then no event can be delivered`)
  })
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
