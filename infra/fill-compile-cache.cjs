// Starts /app/function.cjs once while the image is built, so that Node's compile cache holds what a start and a first
// request run. Nothing answers at the database address: readiness is 503, and that is enough.
// CommonJS without a dependency, because it runs in the image, where nothing else is.
const { flushCompileCache } = require('node:module')

const PORT = '8080'
const unreachable = 'postgres://nobody@127.0.0.1:1/none'
Object.assign(process.env, {
  PORT,
  LOG_LEVEL: 'error',
  DATABASE_URL: unreachable,
  STUDENT_CREATE_TOPIC: 'none',
  STUDENT_UPDATE_TOPIC: 'none',
  FUNCTION_URLS: 'none=http://127.0.0.1:1'
})
// oxlint-disable-next-line import/no-absolute-path -- where the image has it
require('/app/function.cjs')

async function run() {
  const deadline = performance.now() + 10_000
  while (!(await answers('/health/readiness'))) {
    if (performance.now() > deadline) throw new Error('the function did not start within 10 s')
  }
  await answers('/', {
    method: 'POST',
    headers: {
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/build',
      'ce-type': 'none',
      'content-type': 'application/json'
    },
    body: '{}'
  })
  flushCompileCache()
  process.exit(0)
}

const answers = (path, init) =>
  fetch(`http://127.0.0.1:${PORT}${path}`, init).then(
    () => true,
    () => false
  )

void run()
