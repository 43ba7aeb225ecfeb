// The attributes of a function's spans, by OpenTelemetry's conventions. Its package of names would be loaded at every start,
// so they are written down, and a test compares them with it.
// https://opentelemetry.io/docs/specs/semconv/messaging/kafka/ https://opentelemetry.io/docs/specs/semconv/cloudevents/
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/ https://opentelemetry.io/docs/specs/semconv/db/postgresql/
export const names = {
  eventId: 'cloudevents.event_id',
  eventSource: 'cloudevents.event_source',
  eventType: 'cloudevents.event_type',
  eventSubject: 'cloudevents.event_subject',
  messagingSystem: 'messaging.system',
  messagingOperation: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingDestination: 'messaging.destination.name',
  messagingPartition: 'messaging.destination.partition.id',
  messagingOffset: 'kafka.offset',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  httpResend: 'http.request.resend_count',
  urlPath: 'url.path',
  databaseSystem: 'db.system.name',
  databaseSummary: 'db.query.summary',
  databaseText: 'db.query.text',
  databaseBatchSize: 'db.operation.batch.size',
  errorType: 'error.type'
} as const

/** Of ours, for what the conventions have no word. */
export const ownNames = {
  /** What became of an event: applied, held, already-done, failed, … */
  outcome: 'delivery.outcome',
  /** Why it failed permanently, in one word. */
  reason: 'delivery.reason',
  letter: 'dead_letter.id',
  replayJob: 'replay.job'
} as const
