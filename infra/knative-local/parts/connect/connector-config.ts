// A connector's configuration with the places of this machine. Its passwords stay references (connect-secrets.ts).

export interface ConnectorPlaces {
  /** Undefined where no PostgreSQL runs here: the connector reaches another one. */
  readonly databaseUrl: string | undefined
  readonly bootstrap: readonly string[]
}

export function localiseConnector(
  config: Readonly<Record<string, string>>,
  { databaseUrl, bootstrap }: ConnectorPlaces
): Record<string, string> {
  const places: Record<string, string> = databaseUrl === undefined ? {} : placesOf(new URL(databaseUrl))
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [
      name,
      places[name] ?? (name.endsWith('bootstrap.servers') ? bootstrap.join(',') : value)
    ])
  )
}

function placesOf({ hostname, port, pathname }: URL): Record<string, string> {
  return { 'database.hostname': hostname, 'database.port': port, 'database.dbname': pathname.slice(1) }
}
