export const clusterLabel = 'strimzi.io/cluster'

/** Kafka and Connect take text: YAML numbers and booleans become what was written, lists are joined by commas. */
export function readConfig(config: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config ?? {}).flatMap(([key, value]) => {
      if (value === null || value === undefined) return []
      return [
        [
          key,
          Array.isArray(value) ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value)
        ]
      ]
    })
  )
}
