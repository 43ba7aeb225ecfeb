// What YAML calls by its name in the cluster, and where that is on this machine.

export interface ClusterAddresses {
  /** Of Services and other HTTP servers, by `name.namespace`; without a slash at the end. */
  readonly http: ReadonlyMap<string, string>
  /** Of Kafka, by `name.namespace` of its bootstrap Service, or by the host that the YAML names. */
  readonly bootstrap: ReadonlyMap<string, readonly string[]>
}

/** A host, with what makes it an address: a scheme before it, or a port behind it. */
const address = /(\bhttps?:\/\/)?\b([a-z0-9-]+(?:\.[a-z0-9-]+)*)(:\d+)?/g

/**
 * `namespace` is where it is written: what has no namespace of its own is in the same one.
 * @throws when the value names something in the cluster, with `.svc`, that has no place here
 */
export function localise(value: string, { http, bootstrap }: ClusterAddresses, namespace: string): string {
  return value.replace(address, (written, scheme?: string, host = '', port?: string) => {
    if (scheme === undefined && port === undefined) return written
    const name = nameInCluster(host, namespace)
    const place = scheme === undefined ? bootstrap.get(name)?.join(',') : http.get(name)
    if (place === undefined && isOfCluster(host)) throw new Error(`${written} has no counterpart on this machine`)
    return place ?? written
  })
}

/** `name.namespace` for each way to write it that the cluster's DNS knows; any other host as it is. */
export function nameInCluster(host: string, namespace: string): string {
  const name = host.replace(/\.svc(?:\.cluster\.local)?$/, '')
  return name.includes('.') ? name : `${name}.${namespace}`
}

function isOfCluster(host: string): boolean {
  return /^[^.]+\.[^.]+\.svc(?:\.cluster\.local)?$/.test(host)
}
