import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import onAnyStudent from '../../functions/onAnyStudent/index.ts'
import type { Declaration } from '../../functions/runtime/declaration.ts'
import { studentUpdated } from '../../functions/students/student-events.ts'
import { directory, users } from '../../functions/students/tables.ts'
import { projectDirectory } from '../bundle.ts'
import { grantsOf } from './database-rights.ts'
import { readDeclarations } from './declarations.ts'
import { type Declared, readDeclared } from './declared.ts'
import { derive } from './derived.ts'
import { withRegion } from './region.ts'

test('what follows from knative/ is current: npm run generate', async () => {
  for (const [file, text] of await derive(await readDeclared())) {
    expect(await readFile(join(projectDirectory, file), 'utf8'), file).toBe(text)
  }
})

test('a new file in knative/ and a declaration are all that make a function known everywhere', async () => {
  const before = await derive(await readDeclared())
  const after = await derive(
    await withFunction('on-student-move', 'onStudentMove', 'student_move', yaml =>
      yaml.replace('env:\n', 'env:\n            - { name: STUDENT_MOVED_TOPIC, value: student_moved }\n')
    )
  )
  expect(addedTo('knative/kustomization.yaml')).toEqual(['  - on-student-move.yaml'])
  expect(addedTo('skaffold.yaml').filter(line => line.includes('FUNCTION: onStudentMove'))).toHaveLength(2)
  const production = 'infra/overlays/production'
  expect(addedTo(`${production}/kustomization.yaml`).join()).toContain(
    'newName: registry.example.com/students/on-student-move'
  )
  expect(addedTo(`${production}/disruption-budgets.yaml`)).toContain(
    '      serving.knative.dev/service: on-student-move'
  )
  const kafkaUsers = addedTo(`${production}/kafka-users.yaml`).filter(line => /^ {10}name: /.test(line))
  expect(kafkaUsers.map(line => line.trim().slice('name: '.length))).toEqual([
    // Its own user: password, topic and group.
    'kafka-on-student-move',
    'student_move',
    'on-student-move',
    // Connect writes what it publishes, and the prune asks about that.
    'student_moved',
    'student_moved',
    // The audit reads along.
    'student_move',
    'on-student-move'
  ])
  expect(addedTo('infra/jobs/jobs.yaml')).toEqual([expect.stringMatching(/value: student_create,.*,student_moved$/)])
  expect(addedTo('infra/postgres/roles/grants.sql')).toContain('grant insert on timeline to on_student_move;')
  expect(addedTo('infra/postgres/roles/grants.sql').join()).toMatch(
    /,call pg_temp\.allow_rows\('on_student_move', \$\$function = 'onStudentMove'\$\$, 'fences'/
  )
  expect(addedTo(`${production}/eventing.yaml`)).toContain('          name: kafka-on-student-move')
  expect(addedTo(`${production}/event-policies.yaml`)).toContain('        name: on-student-move')
  expect(addedTo('infra/postgres/cluster.yaml')).toContain(
    '      - { name: on_student_move, login: true, passwordSecret: { name: students-db-on-student-move } }'
  )
  expect(addedTo('infra/secrets.sh').join()).toMatch(
    /function_roles=".* on_student_move".*source_users=".* on-student-move"/
  )
  expect(addedTo('knative/dead-letter-replay.yaml').join()).toContain(
    'onStudentMove=http://on-student-move.students.svc.cluster.local"'
  )

  function addedTo(file: string): string[] {
    const known = new Set(before.get(file)?.split('\n'))
    return (after.get(file) ?? '').split('\n').filter(line => !known.has(line))
  }
})

test('a function without a database has no role, no password, and a budget all the same', async () => {
  const { database: _, ...plain } = onAnyStudent
  const derived = await derive(await withFunction('plain', 'plain', 'student_move', yaml => yaml, plain))
  expect(derived.get('infra/postgres/cluster.yaml')).not.toContain('plain')
  expect(derived.get('infra/postgres/roles/grants.sql')).not.toContain('plain')
  expect(derived.get('infra/secrets.sh')).toMatch(/^function_roles="(?!.*plain)/m)
  expect(derived.get('infra/overlays/production/disruption-budgets.yaml')).toContain('service: plain\n')
})

test('a function may do what the core needs for its kind, and what it says of its own tables', () => {
  const declaration: Declaration = {
    ...onAnyStudent,
    publishes: { MOVED_TOPIC: studentUpdated },
    database: { reads: [users], updates: [directory], deletes: [directory] }
  }
  expect(grantsOf(declaration, 'mover')).toEqual([
    'grant select, insert on handled_events to mover;',
    'grant select, insert, update on dead_letters, failures, fences to mover;',
    'grant select, insert, delete on held_events to mover;',
    'grant select on event_schemas, users to mover;',
    'grant insert on outbox to mover;',
    'grant select, update, delete on directory to mover;'
  ])
  expect(grantsOf({ ...declaration, order: 'none', publishes: {}, database: {} }, 'mover').join()).not.toMatch(
    /fences|held_events|outbox/
  )
  const { order: _, ...command } = declaration
  expect(grantsOf({ ...command, kind: 'command', publishes: {}, database: {} }, 'mover')).toEqual([
    'grant select, insert, update on command_answers to mover;'
  ])
})

test('a Service without a function is refused with the file and the cure', async () => {
  await expect(readDeclared(join(projectDirectory, 'knative'), [])).rejects.toThrow(
    'the Service create-student runs createStudent, and there is no functions/createStudent/index.ts: write it, or delete the Service'
  )
})

test('a region keeps what is around it, takes the indentation of its marker, and its absence is named', () => {
  const text = 'a:\n  # generated by `npm run generate`: list\n  - old\n  # generated until here\nb: 1\n'
  expect(withRegion('x.yaml', text, 'list', ['- new', '', '- last'])).toBe(
    'a:\n  # generated by `npm run generate`: list\n  - new\n\n  - last\n  # generated until here\nb: 1\n'
  )
  expect(() => withRegion('x.yaml', text, 'other', [])).toThrow(
    'x.yaml needs the lines "# generated by `npm run generate`: other"'
  )
  expect(() => withRegion('x.yaml', text.replace('# generated until here', ''), 'list', [])).toThrow('needs the lines')
})

/** knative/ with one more function, made from on-any-student.yaml. */
async function withFunction(
  name: string,
  target: string,
  topic: string,
  edit = (yaml: string) => yaml,
  declaration: Declaration = onAnyStudent
): Promise<Declared> {
  const folder = await mkdtemp(join(tmpdir(), 'knative-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(join(projectDirectory, 'knative'), folder, { recursive: true })
  const model = await readFile(join(folder, 'on-any-student.yaml'), 'utf8')
  const yaml = model
    .replaceAll('on-any-student', name)
    .replaceAll('onAnyStudent', target)
    .replace(/ {2}topics: .*\n/, `  topics: [${topic}]\n`)
  await writeFile(join(folder, `${name}.yaml`), edit(yaml))
  return readDeclared(folder, [...(await readDeclarations()), { ...declaration, name: target }])
}
