// How a function is bundled when its project says nothing else.
import type { BuildOptions } from 'esbuild'

/** CommonJS: Node starts it sooner than the same bundle as an ES module. */
export const plainBundle: BuildOptions = { bundle: true, platform: 'node', target: 'node24', format: 'cjs' }
