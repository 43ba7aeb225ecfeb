// Which port is a Service's: once given it stays, over restarts, over Services that are added, and for one that comes back.
import { called } from '../called.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isFree } from './ports.ts'
import { writeWhole } from './write-whole.ts'

export interface ServicePorts {
  /** Of all Services that have one now. */
  current(): ReadonlyMap<string, number>
  /** Gives a port to those without one, takes none away, and forgets no absent Service as long as there are others to give. @throws when they are too many */
  assign(services: readonly string[]): Promise<ReadonlyMap<string, number>>
}

export const maxServices = 30

/** By name, counted from the first port: another --port-base moves all of them. The last ones seen stand last. */
const Places = z.record(
  z.string(),
  z
    .int()
    .min(0)
    .max(maxServices - 1)
)

/** Kept in the state folder as service-ports.json. */
export async function openServicePorts(
  stateDirectory: string,
  first: number,
  portIsFree: (port: number) => Promise<boolean> = isFree
): Promise<ServicePorts> {
  const file = join(stateDirectory, 'service-ports.json')
  const places = await readPlaces(file)
  let present: readonly string[] = []
  const current = () => new Map(present.map(name => [name, first + (places.get(name) ?? 0)]))

  async function place(): Promise<number> {
    const taken = new Set(places.values())
    const open = Array.from({ length: maxServices }, (_, index) => index).filter(index => !taken.has(index))
    for (const index of open) if (await portIsFree(first + index)) return index
    if (open[0] !== undefined) return open[0] // whoever has it is named when it is to be used
    const oldest = [...places.keys()].find(name => !present.includes(name))
    const freed = oldest === undefined ? undefined : places.get(oldest)
    if (oldest === undefined || freed === undefined) throw new Error('every port of a Service is in use')
    places.delete(oldest)
    return freed
  }

  return {
    current,
    async assign(services) {
      if (services.length > maxServices) {
        throw new Error(
          `${services.length} Services are more than the ${maxServices} that one local stack has ports for. Run some of them in a second stack: ${called('dev --state DIR --port-base N --manifests DIR')}`
        )
      }
      present = services
      for (const name of services.toSorted()) {
        const known = places.get(name)
        places.delete(name) // the order of the map is that of the last use
        places.set(name, known ?? (await place()))
      }
      await writeWhole(file, Object.fromEntries(places))
      return current()
    }
  }
}

/** Without the file, or with one that makes no sense, all begin again: a port is no data. */
async function readPlaces(file: string): Promise<Map<string, number>> {
  try {
    const places = new Map(Object.entries(Places.parse(JSON.parse(await readFile(file, 'utf8')))))
    return new Set(places.values()).size === places.size ? places : new Map()
  } catch {
    return new Map()
  }
}
