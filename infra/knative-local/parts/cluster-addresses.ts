// What YAML calls by its name in the cluster, and where that is on this machine.

export interface ClusterAddresses {
  /** Of Services and other HTTP servers, by `name.namespace`; without a slash at the end. */
  readonly http: ReadonlyMap<string, string>
  /** Of the Kafka cluster's bootstrap Service, by `name.namespace`. */
  readonly bootstrap: ReadonlyMap<string, readonly string[]>
}

const clusterUrl = /\bhttps?:\/\/([a-z0-9-]+\.[a-z0-9-]+)\.svc(?:\.cluster\.local)?(?::\d+)?/g
const clusterHost = /\b([a-z0-9-]+\.[a-z0-9-]+)\.svc(?:\.cluster\.local)?:\d+/g

/** @throws when the value names something in the cluster that has no place here */
export function localise(value: string, { http, bootstrap }: ClusterAddresses): string {
  return value
    .replace(clusterUrl, (written, name: string) => http.get(name) ?? missing(written))
    .replace(clusterHost, (written, name: string) => bootstrap.get(name)?.join(',') ?? missing(written))
}

function missing(written: string): never {
  throw new Error(`${written} has no counterpart on this machine`)
}
