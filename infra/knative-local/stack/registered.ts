// The parts that there are. Each comes after those that it needs.
import { connectPart } from './connect.ts'
import { dataPlanePart } from './data-plane.ts'
import { kafkaPart } from './kafka.ts'
import type { Part } from './part.ts'
import { postgresPart } from './postgres.ts'
import { registryPart } from './registry.ts'
import { servicesPart } from './services.ts'
import { tracesPart } from './traces.ts'

export const parts: readonly Part[] = [
  tracesPart,
  kafkaPart,
  postgresPart,
  connectPart,
  registryPart,
  dataPlanePart,
  servicesPart
]
