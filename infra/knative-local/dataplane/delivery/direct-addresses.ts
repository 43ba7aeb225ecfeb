// Ways to an instance past the port of its Service, where somebody has said that there is one: an event is a hop shorter then. Whoever
// keeps the instances says how many requests may be under way by each, and hears when those that are gone are used no more.

export interface DirectAddress {
  readonly url: string
  /** Requests under way at most; what is beyond goes by the port. */
  readonly atMost: number
  /** The port ends a request after this long. An attempt that may take longer goes by the port, which answers for that. */
  readonly timeoutMs: number
}

/** By the URL of the Service's port. */
export type DirectAddressByUrl = Readonly<Record<string, DirectAddress>>

/** One request's use of a direct address. */
export interface DirectWay {
  readonly origin: string
  /** Called once, when nothing is under way by it any more. */
  leave(): void
}

interface Route extends DirectAddress {
  readonly origin: string
  underWay: number
  whenUnused: (() => void)[]
}

export class DirectAddresses {
  /** By the origin of the Service's port. */
  private routes = new Map<string, Route>()
  private readonly leaving = new Set<Route>()

  /** Takes effect with the next request. Resolves when none is under way to an address that is not among these. */
  async set(addresses: DirectAddressByUrl): Promise<void> {
    const before = this.routes
    this.routes = new Map(
      Object.entries(addresses).map(([port, address]) => {
        const [at, { origin }] = [new URL(port).origin, new URL(address.url)]
        const known = before.get(at)
        return [
          at,
          known?.url === address.url
            ? Object.assign(known, address)
            : { ...address, origin, underWay: 0, whenUnused: [] }
        ]
      })
    )
    const kept = new Set(this.routes.values())
    for (const route of before.values()) if (!kept.has(route) && route.underWay > 0) this.leaving.add(route)
    await Promise.all(Array.from(this.leaving, route => new Promise<void>(unused => route.whenUnused.push(unused))))
  }

  /** Undefined: by the port. */
  take(port: string, timeoutMs: number): DirectWay | undefined {
    const route = this.routes.get(port)
    if (route === undefined || route.underWay >= route.atMost || timeoutMs > route.timeoutMs) return undefined
    route.underWay++
    return { origin: route.origin, leave: () => this.leave(route) }
  }

  private leave(route: Route): void {
    route.underWay--
    if (route.underWay > 0) return
    this.leaving.delete(route)
    for (const unused of route.whenUnused.splice(0)) unused()
  }
}
