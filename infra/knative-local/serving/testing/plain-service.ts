import type { Service } from '../../manifests/plan.ts'

/** A Service as the plan has it, with nothing but its defaults and what a test is about. */
export function plainService(name: string, own: Partial<Service> = {}): Service {
  return {
    name,
    namespace: 'test',
    env: [],
    envFrom: [],
    image: `example.com/${name}`,
    minScale: 1,
    maxScale: 1,
    initialScale: 1,
    containerConcurrency: 0,
    timeoutSeconds: 20,
    origin: { file: 'test.yaml', line: 1 },
    ...own
  }
}
