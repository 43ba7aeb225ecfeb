// Where a destination is: a reference to a Service, Broker or KafkaSink, a URI relative to it, or an absolute URI. Cluster-internal
// names are those of the same objects here.
// https://knative.dev/docs/eventing/sinks/
import type { Destination } from '../../manifests/plan.ts'

/** Addresses by `Kind namespace/name`; `* namespace/name` is one of any kind. */
export type Addresses = ReadonlyMap<string, string>

export type Resolution = { readonly url: string } | { readonly problem: string }

/** Of a reference that nothing else resolves; see --sink. */
export const anyReference = '*'
/** In place of absolute URIs; see --print. */
export const anyUri = '* uri'

export function addressKey(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`
}

export function resolveDestination(destination: Destination, addresses: Addresses): Resolution {
  const { ref, uri } = destination
  if (ref === undefined) return uri === undefined ? { problem: 'neither ref nor uri' } : resolveUri(uri, addresses)
  const address =
    addresses.get(addressKey(ref.kind, ref.namespace, ref.name)) ??
    addresses.get(addressKey('*', ref.namespace, ref.name)) ??
    addresses.get(anyReference)
  if (address === undefined) return noAddress(ref.kind, `${ref.namespace}/${ref.name}`)
  return { url: uri === undefined ? address : new URL(uri, address).href }
}

// Where Knative's receivers are in a cluster.
const RECEIVERS: Readonly<Record<string, string>> = {
  'kafka-broker-ingress.knative-eventing': 'Broker',
  'kafka-sink-ingress.knative-eventing': 'KafkaSink'
}

function resolveUri(uri: string, addresses: Addresses): Resolution {
  if (!URL.canParse(uri)) return { problem: `${uri} is not an absolute URI` }
  const { hostname, pathname, search } = new URL(uri)
  const [name, namespace, svc, ...domain] = hostname.replace(/\.$/, '').split('.')
  const isClusterName = namespace !== undefined && svc === 'svc' && ['', 'cluster.local'].includes(domain.join('.'))
  if (!isClusterName) return { url: addresses.get(anyUri) ?? uri }

  const receiver = RECEIVERS[`${name}.${namespace}`]
  if (receiver !== undefined) {
    const address = addresses.get(`${receiver} ${pathname.slice(1)}`)
    return address === undefined ? noAddress(receiver, pathname.slice(1)) : { url: address }
  }
  const address =
    addresses.get(addressKey('Service', namespace, name ?? '')) ??
    addresses.get(addressKey('*', namespace, name ?? '')) ??
    addresses.get(anyReference)
  if (address === undefined) return noAddress('Service', `${namespace}/${name}`)
  return { url: new URL(pathname + search, address).href }
}

function noAddress(kind: string, name: string): Resolution {
  return { problem: `${kind} ${name} has no address; if no file declares it, give it one: --resolve ${name}=URL` }
}
