// For tests and drills: real brokers, a data plane or a whole stack, gone when the test is, and waiting without guessing.
export { startTestKafka, type TestKafka } from './testing/kafka.ts'
export { dataPlaneEntry, startDataPlane } from './testing/data-plane-process.ts'
export { createStackFolder, type StackFolder } from './testing/stack-folder.ts'
export { freePort, freePorts } from './testing/free-ports.ts'
export { until } from './parts/until.ts'
export { listenOnLoopback } from './dataplane/loopback.ts'
export { isFree, portsPerStack } from './parts/ports.ts'
export { findLeftovers } from './parts/leftovers.ts'
