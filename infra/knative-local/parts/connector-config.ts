// A connector's configuration with the places of this machine. Its passwords stay references (connect-secrets.ts).

export interface ConnectorPlaces {
  readonly databaseUrl: string
  readonly bootstrap: readonly string[]
}

export function localiseConnector(
  config: Readonly<Record<string, string>>,
  { databaseUrl, bootstrap }: ConnectorPlaces
): Record<string, string> {
  const database = new URL(databaseUrl)
  const places: Record<string, string> = {
    'database.hostname': database.hostname,
    'database.port': database.port,
    'database.dbname': database.pathname.slice(1)
  }
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      places[name] ?? (name.endsWith('bootstrap.servers') ? bootstrap.join(',') : value)
    ])
  )
}
