// What every profile sends and holds against the answers: the mix of commands, one check for each answer, the thresholds.
// Plain JavaScript for k6's own runtime; students live at example.com, so that no mail leaves.
//
//   k6 run infra/proof/load/smoke.js                                   against npm run dev
//   k6 run -e RATE=100 -e SECONDS=60 infra/proof/load/constant.js      faster, longer
//   k6 run -e CREATE_URL=... -e UPDATE_URL=... -e BROKER_URL=...   elsewhere
//
// With npm run scenario -- stress the far side is looked at too: what became of every command that was accepted. For that
// each request is a line of JSON on the console: the journal.
import { check } from 'k6'
import exec from 'k6/execution'
import http from 'k6/http'

const {
  CREATE_URL = 'http://127.0.0.1:8100',
  UPDATE_URL = 'http://127.0.0.1:8105',
  BROKER_URL = 'http://127.0.0.1:8080/students/default',
  /** The domain of the students' addresses: makes them and their keys unlike those of any other run. */
  MARK = `${Date.now().toString(36)}.example.com`
} = __ENV

/** A round of 20 commands, the same in every run: every kind, new students and changes most of all. */
const round = (
  'create update create repeat invalid update create create-by-broker create update ' +
  'create unknown-user update create repeat update create update-by-broker update invalid'
).split(' ')
const existingUsers = ['user-1', 'user-2', 'user-3']

/** An answer that takes longer is a failure. */
const requestTimeout = '10s'
/** Requests under way at once; when all are, k6 drops the next ones and counts them. No multiple of the round's length. */
export const callers = 99
/** Students that a caller remembers, to change one of them now and then. */
const remembered = 20

/** Of this caller: modules are loaded once for each. */
const students = []

/** One command, by its place in the round. */
export function command() {
  const { iterationInTest, name: scenario } = exec.scenario
  // No other command has this name: by it its effect is found in the database.
  send[round[iterationInTest % round.length]](`${scenario}-${iterationInTest}`)
}

const send = {
  create(name) {
    remember(answer('create', 201, name, create(name, student(name))))
  },
  /** A caller who has not heard the answer sends the same again under the same key: it is answered again, and not done again. */
  repeat(name) {
    const first = answer('create', 201, name, create(name, student(name)))
    const again = answer('repeat', 201, name, create(name, student(name)))
    remember(first)
    if (first.status !== 201 || again.status !== 201) return
    const same = () => ['id', 'version', 'name', 'email'].every(field => again.json(field) === first.json(field))
    check(again, { 'a repeated key is given the first answer': same })
  },
  update(name) {
    const id = someStudent(name)
    if (id !== undefined) answer('update', 200, name, ['PATCH', `${UPDATE_URL}/${id}`, { name }, keyed(name)])
  },
  /** Accepted: whether the user exists is found out later, and then there is a dead letter that waits for the user. */
  'unknown-user'(name) {
    remember(answer('unknown-user', 201, name, create(name, student(name, `${name}-${MARK}`))))
  },
  invalid(name) {
    answer('invalid', 400, name, create(name, { ...student(name), email: 'no address' }))
  },
  'create-by-broker'(name) {
    answer('create-by-broker', 202, name, event(name, 'school.student.v1.CreateStudent', student(name)))
  },
  'update-by-broker'(name) {
    const id = someStudent(name)
    const update = event(name, 'school.student.v1.UpdateStudent', { id, name })
    if (id !== undefined) answer('update-by-broker', 202, name, update)
  }
}

function student(name, userId = existingUsers[exec.scenario.iterationInTest % existingUsers.length]) {
  return { userId, name, email: `${name}@${MARK}` }
}

function create(name, body) {
  return ['POST', CREATE_URL, body, keyed(name)]
}

function keyed(name) {
  return { 'content-type': 'application/json', 'idempotency-key': `${name}@${MARK}` }
}

/** A CloudEvent in binary mode. https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md */
function event(name, type, data) {
  const attributes = {
    'ce-specversion': '1.0',
    'ce-id': `${name}@${MARK}`,
    'ce-source': '/k6',
    'ce-type': type,
    'content-type': 'application/json'
  }
  return ['POST', BROKER_URL, data, attributes]
}

/** Sends, checks the status, writes the journal. */
function answer(kind, status, name, [method, url, body, headers]) {
  const sentAt = Date.now()
  const response = http.request(method, url, JSON.stringify(body), {
    headers,
    timeout: requestTimeout,
    responseCallback: http.expectedStatuses(status), // what is right here is not a failed request
    tags: { kind, name: kind } // by kind and not by URL: every student has its own
  })
  check(response, { [`${kind} is answered ${status}`]: () => response.status === status })
  const changed = response.status === 200 || response.status === 201 ? response.json() : {}
  console.log(
    JSON.stringify({
      kind,
      name,
      sentAt,
      ms: response.timings.duration,
      status: response.status,
      right: response.status === status,
      scenario: exec.scenario.name,
      id: changed.id,
      version: changed.version,
      error: response.error || undefined
    })
  )
  return response
}

function remember(response) {
  if (response.status !== 201) return
  students.push(response.json('id'))
  if (students.length > remembered) students.shift()
}

/** One that this caller created before, or else creates now; none when that fails. */
function someStudent(name) {
  if (students.length === 0) send.create(`${name}-first`)
  return students[exec.scenario.iterationInTest % students.length]
}

/** A number from `-e NAME=...`. */
export function setting(name, otherwise) {
  const value = Number(__ENV[name] ?? otherwise)
  if (!(value > 0)) throw new Error(`${name} must be a number above 0, and is ${__ENV[name]}`)
  return value
}

/** An executor with an arrival rate sends on time whether or not earlier commands were answered: as long as fewer than `waiting` are not. */
export function arriving(executor, { waiting = callers, ...options }) {
  return { executor, timeUnit: '1s', preAllocatedVUs: waiting, maxVUs: waiting, ...options }
}

/** Right is right: every answer. Fast is generous, for a small machine that others use too; one command in a hundred may be left out, as all callers were waiting. */
export function thresholds(perSecond) {
  return {
    checks: ['rate==1'],
    http_req_duration: [`p(95)<${setting('MAX_P95_MS', 2_000)}`],
    dropped_iterations: [`rate<${(perSecond * setting('MAX_DROPPED_PERCENT', 1)) / 100}`] // a second
  }
}

export const summaryTrendStats = ['med', 'p(95)', 'p(99)', 'max']
