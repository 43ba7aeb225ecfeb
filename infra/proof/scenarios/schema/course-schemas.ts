// Three versions of a message of this run's own.

export interface CourseSchemas {
  /** The message's full name, and the name of its subject in the registry. */
  readonly type: string
  readonly first: string
  /** One field more, which may be absent. */
  readonly second: string
  /** The second, but for the type of one field. */
  readonly incompatible: string
}

/** What every version can say of a course. */
export interface Course {
  readonly id: string
  readonly title: string
  readonly places: number
  readonly room?: string
}

export function courseSchemas(mark: string): CourseSchemas {
  const packageName = `scenario.${mark}`
  const message = (...fields: string[]) =>
    `syntax = "proto3";\n\npackage ${packageName};\n\nmessage Course {\n${fields.map(field => `  ${field}\n`).join('')}}\n`
  const [id, title, places, room] = [
    'string id = 1;',
    'string title = 2;',
    'uint32 places = 3;',
    'optional string room = 4;'
  ]
  return {
    type: `${packageName}.Course`,
    first: message(id, title, places),
    second: message(id, title, places, room),
    incompatible: message(id, title, 'string places = 3;', room)
  }
}
