// Every read by the name under which it is asked for: the console's server serves these, and its pages take their types from here.
import { audit, auditNow } from './audit.ts'
import { commandOutcome, commands } from './commands.ts'
import { event, eventById } from './event.ts'
import { events, outcomes } from './events.ts'
import { group, groups } from './groups.ts'
import { failing, letter, letterGroups, letters } from './letters.ts'
import { logs } from './logs.ts'
import { overview } from './overview.ts'
import { parts } from './parts.ts'
import { replayJob, replayJobs, replayPreview } from './replays.ts'
import { student, students } from './students.ts'
import { findTraces, trace } from './trace.ts'
import { usage } from './usage.ts'

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
