// node start-bundle.cjs BUNDLE.cjs [ARGUMENTS]: runs a bundle as `node BUNDLE.cjs` does, and sooner.
//
//   code    V8's code for it is kept in BUNDLE.cjs.cache: that of every function that has run, written when the process ends.
//           Node's own compile cache is taken when a file has just been compiled; V8 leaves most functions for later then, and
//           each start compiles them again.
//           https://github.com/nodejs/node/blob/v24.x/src/compile_cache.cc (MaybeSaveImpl)
//   stacks  name the lines of the sources, by BUNDLE.cjs.map, which is read when a stack is first asked for.
//           --enable-source-maps reads it at each start, which then takes twice as long.
//
// CommonJS without a dependency: a start waits for it, and it runs in images, where nothing else is.
const { accessSync, constants, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs')
const { createRequire, SourceMap } = require('node:module')
const { dirname, resolve } = require('node:path')
const vm = require('node:vm')

/** A cache is written again when it would grow by a tenth: its first writer may have run only a part of the code. */
const worthwhileGrowth = 1.1

process.argv.splice(1, 1) // the bundle sees what it would without this
const file = resolve(process.argv[1] ?? '')
const cacheFile = `${file}.cache`
/** As Node wraps a module. */
const head = '(function (exports, require, module, __filename, __dirname) { '

/** While memory allows: it is read in milliseconds, and large. */
let keptMap
Error.prepareStackTrace = (error, frames) => [titleOf(error), ...frames.map(inSource)].join('\n    at ')
run()

function run() {
  const cachedData = readCache()
  const script = new vm.Script(`${head}${readFileSync(file, 'utf8')}\n})`, {
    filename: file,
    columnOffset: -head.length,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  })
  // V8 refuses what another version or other flags have written.
  const cached = cachedData === undefined || script.cachedDataRejected ? 0 : cachedData.length
  process.on('exit', code => code === 0 && writeCache(script, cached))
  const module = { exports: {} }
  script.runInThisContext().call(module.exports, module.exports, createRequire(file), module, file, dirname(file))
}

/** V8 compares no more than the length of the code. A cache that is older than its bundle is another one's. */
function readCache() {
  try {
    return statSync(cacheFile).mtimeMs < statSync(file).mtimeMs ? undefined : readFileSync(cacheFile)
  } catch {
    return undefined // there is none yet
  }
}

function writeCache(script, cached) {
  try {
    accessSync(dirname(file), constants.W_OK)
    const data = script.createCachedData()
    if (data.length < cached * worthwhileGrowth) return
    const whole = `${cacheFile}.${process.pid}`
    writeFileSync(whole, data)
    renameSync(whole, cacheFile)
  } catch {
    // A folder that cannot be written to, or is gone: the next start compiles.
  }
}

function titleOf(error) {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    return 'Error'
  }
}

function inSource(frame) {
  const written = String(frame)
  if (frame.getFileName() !== file) return written
  const [line, column] = [frame.getLineNumber(), frame.getColumnNumber()]
  const entry = sourceMap()?.findEntry(line - 1, column - 1)
  if (entry?.originalSource === undefined) return written
  const source = resolve(dirname(file), entry.originalSource)
  return written.replace(`${file}:${line}:${column}`, `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`)
}

function sourceMap() {
  const known = keptMap?.deref()
  if (known !== undefined) return known
  try {
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
    keptMap = new WeakRef(map)
    return map
  } catch {
    return undefined // the frame stays as it is
  }
}
