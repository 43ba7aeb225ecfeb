import { expect, test } from 'vitest'
import { rootCause } from './root-cause.ts'

test.each([
  [
    `org.apache.kafka.connect.errors.ConnectException: Unrecoverable exception from producer send callback
\tat org.apache.kafka.connect.runtime.WorkerSourceTask.maybeThrowProducerSendException(WorkerSourceTask.java:1)
Caused by: org.apache.kafka.connect.errors.ConnectException: in between
\tat a.b.C.d(C.java:2)
Caused by: org.apache.kafka.common.errors.RecordTooLargeException: The message is 2097335 bytes when serialized
\t... 8 more`,
    'RecordTooLargeException: The message is 2097335 bytes when serialized'
  ],
  [
    'org.postgresql.util.PSQLException: ERROR: permission denied for table users',
    'PSQLException: ERROR: permission denied for table users'
  ],
  ['java.lang.NullPointerException', 'NullPointerException'],
  ['a.B: \u001b[2Jcleared', 'B: [2Jcleared'],
  [`a.B: ${'x'.repeat(10_000)}`, `B: ${'x'.repeat(497)}`],
  ['', 'no reason given'],
  [undefined, 'no reason given']
])('%j', (trace, line) => expect(rootCause(trace)).toBe(line))
