// The attributes of spans that are read or written here, by OpenTelemetry's conventions. Its package of names is 10 MB of
// modules, so they are written down, and a test compares them with it.
// https://opentelemetry.io/docs/specs/semconv/messaging/kafka/ https://opentelemetry.io/docs/specs/semconv/cloudevents/
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
  messagingGroup: 'messaging.consumer.group.name',
  httpMethod: 'http.request.method',
  httpStatus: 'http.response.status_code',
  httpResend: 'http.request.resend_count',
  url: 'url.full',
  urlPath: 'url.path',
  errorType: 'error.type',
  /** Of ours: what became of an event that a function was handed, and why it failed. */
  outcome: 'delivery.outcome',
  reason: 'delivery.reason'
} as const
