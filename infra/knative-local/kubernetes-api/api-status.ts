// Status objects: how an API server says that something is not so.
// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#response-status-kind

export interface Failure {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details?: { readonly name?: string; readonly group?: string; readonly kind?: string }
}

export function statusObject({ code, reason, message, details }: Failure) {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details && { details }),
    code
  }
}

export function notFound(plural: string, group: string, name: string): Failure {
  const resource = group === '' ? plural : `${plural}.${group}`
  return {
    code: 404,
    reason: 'NotFound',
    message: `${resource} "${name}" not found`,
    details: { name, ...(group !== '' && { group }), kind: plural }
  }
}

export const noSuchResource: Failure = {
  code: 404,
  reason: 'NotFound',
  message: 'the server could not find the requested resource',
  details: {}
}
