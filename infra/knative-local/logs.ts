// The logs of a running stack, part by part, for whoever shows them.
export { type LogFilter, matches } from './cli/logs/filter.ts'
export { levels, type LevelName, type LogEntry } from './cli/logs/log-line.ts'
export { PartLog, partsWithLogs } from './cli/logs/part-log.ts'
