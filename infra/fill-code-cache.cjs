// node fill-code-cache.cjs START_BUNDLE.cjs FUNCTION.cjs: runs a function once while its image is built, so that V8's code is kept
// beside it of what a start and a first request run (infra/knative-local/start-bundle.cjs). Nothing answers at the database's
// address: readiness is 503, and that is enough.
// CommonJS without a dependency, because it runs in the image, where nothing else is.
const PORT = process.env.PORT ?? '8080'
const unreachable = 'postgres://nobody@127.0.0.1:1/none'
Object.assign(process.env, {
  PORT,
  LOG_LEVEL: 'error',
  DATABASE_URL: unreachable,
  STUDENT_CREATE_TOPIC: 'none',
  STUDENT_UPDATE_TOPIC: 'none',
  FUNCTION_URLS: 'none=http://127.0.0.1:1'
})
process.argv.splice(1, 1) // what is left is what the image starts
require(process.argv[1])

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
  process.exit(0)
}

const answers = (path, init) =>
  fetch(`http://127.0.0.1:${PORT}${path}`, init).then(
    () => true,
    () => false
  )

void run()
