// Whether spans are wanted, by OpenTelemetry's variables. Nothing of it is loaded before that is known.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

export function isTracingWanted(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return false
  return Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT)
}
