// Students whose key goes to a partition that does not exist yet, as many to each.
import type { Stage } from '../stage/stage.ts'
import { createStudent, renameStudent } from '../stage/student-calls.ts'
import { partitionOf } from './key-partition.ts'

export interface MovingStudent {
  readonly id: string
  readonly from: number
  readonly to: number
}

export interface MoveOptions {
  /** Of their addresses. */
  readonly domain: string
  /** A multiple of the new partitions. */
  readonly count: number
  readonly before: number
  readonly after: number
}

const atOnce = 20
/** A student's id is drawn by createStudent: from 4 to 6 partitions one in six moves to each new one, from 10 to 12 one in twelve. */
const maxCreated = 2_000

export async function createMovingStudents(
  stage: Stage,
  { domain, count, before, after }: MoveOptions
): Promise<MovingStudent[]> {
  const moving: MovingStudent[] = []
  // The same number each: by chance alone all of a few would go to one new partition now and then.
  const mostEach = count / (after - before)
  const isWanted = (to: number) => to >= before && moving.filter(one => one.to === to).length < mostEach
  for (let created = 0; moving.length < count; created += atOnce) {
    if (created >= maxCreated) throw new Error(`of ${created} students only ${moving.length} move to a new partition`)
    const bodies = Array.from({ length: atOnce }, (_, index) => ({
      userId: 'user-1',
      name: 'Moving 1',
      email: `moving-${created + index}@${domain}`
    }))
    for (const { id } of await Promise.all(bodies.map(body => createStudent(stage, body)))) {
      const [from, to] = [partitionOf(id, before), partitionOf(id, after)]
      if (isWanted(to)) moving.push({ id, from, to })
    }
  }
  return moving
}

/** Each of them so many times more, in turn. */
export async function updateAll(stage: Stage, students: readonly MovingStudent[], times: number): Promise<void> {
  await Promise.all(
    students.map(async ({ id }) => {
      for (let time = 1; time <= times; time++) await renameStudent(stage, id, `Moving ${Date.now()}`)
    })
  )
}
