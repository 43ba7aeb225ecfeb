// Every read by the name under which it is asked for: the console's server serves these, and its pages take their types from here.
import { audit, auditNow } from './audit.ts'
import { commandOutcome, commands } from './commands.ts'
import { event, eventById } from './events/event.ts'
import { events, outcomes } from './events/events.ts'
import { group, groups } from './system/groups.ts'
import { failing, letter, letterGroups, letters } from './letters/letters.ts'
import { logs } from './system/logs.ts'
import { overview } from './system/overview.ts'
import { parts } from './system/parts.ts'
import { replayJob, replayJobs, replayPreview } from './letters/replays.ts'
import { student, students } from './students/students.ts'
import { findTraces, trace } from './trace.ts'
import { usage } from './system/usage.ts'

export const reads = {
  overview,
  events,
  outcomes,
  event,
  eventById,
  trace,
  findTraces,
  letterGroups,
  letters,
  letter,
  failing,
  replayPreview,
  replayJobs,
  replayJob,
  students,
  student,
  commands,
  commandOutcome,
  audit,
  auditNow,
  groups,
  group,
  parts,
  usage,
  logs
}
export type Reads = typeof reads
