// A schema registry, for a Deployment that runs one: Apicurio here, whichever the image.
import { join } from 'node:path'
import { z } from 'zod'
import type { ManifestObject, Plan } from '../manifests/plan.ts'
import { withCredentials } from '../parts/credentials.ts'
import { createRegistry } from '../parts/registry.ts'
import { later, type Part } from './part.ts'
import { pidOf, serverProcess } from './part-process.ts'
import { postgresPart } from './postgres.ts'

const port = 4
/** The database that keeps the schemas, where a Cluster has it; else they are gone with the registry. */
const database = 'registry'

const Labels = z.record(z.string(), z.string()).default({})
const Deployment = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ labels: Labels }),
      spec: z.object({ containers: z.array(z.object({ image: z.string() })) })
    })
  })
})
const Service = z.object({ spec: z.object({ selector: Labels }) })
/** Apicurio's, Confluent's, Karapace's. */
const registryImage = /(?:apicurio-registry|schema-registry|karapace)[^/]*$/
/** Where Apicurio speaks as the other two do. https://www.apicur.io/registry/docs/apicurio-registry/3.0.x/index.html */
const confluentPath = '/apis/ccompat/v7'

export const registryPart: Part = {
  name: 'registry',
  needs: [postgresPart],
  isWanted: ({ objects }) => deploymentsOf(objects).length > 0,
  ports: () => ({ [port]: 'the schema registry' }),
  files: ['registry'],
  addresses: (plan, places) => ({
    http: new Map(
      servicesOf(plan).map(({ name, path }) => [
        name,
        withCredentials(`${urlOf(places.port(port))}${path}`, places.credentials('registry'))
      ])
    )
  }),
  async begin(context) {
    const { progress, processes, report, pidChanged } = context
    const postgres = context.running(postgresPart)
    const { java, jars } = await context.java()
    const credentials = context.credentials('registry')
    const registry = createRegistry(java, jars, processes, {
      directory: join(context.stateDirectory, 'registry'),
      credentials,
      port: context.port(port),
      databaseUrl: () => postgres?.urlOf(database),
      report,
      pidChanged
    })
    const answers = later(
      (async () => {
        await postgres?.answers
        if (postgres?.urlOf(database) === undefined)
          report(`The registry keeps schemas until it stops: no Cluster in the YAML has a database "${database}".`)
        await registry.start()
        await progress.step('the schema registry answers', registry.answers)
      })()
    )
    const { registerSchemas } = context.project()
    const ready = later(
      (async () => {
        await Promise.all([answers, postgres?.migrated])
        if (!registerSchemas || !postgres) return
        const registryUrl = withCredentials(registry.address.url, credentials)
        await progress.step('schemas are registered', () =>
          registerSchemas({ registryUrl, databaseUrl: postgres.databaseUrl() })
        )
      })()
    )
    return {
      ready,
      processes: () => [serverProcess('registry', registry.address.url, registry, registry.isHealthy)],
      endpoints: () => ({ registry: { ...registry.address, pid: pidOf(registry.process()) ?? null } }),
      states: async () => [],
      stop: registry.stop
    }
  }
}

function deploymentsOf(objects: readonly ManifestObject[]) {
  return objects
    .filter(({ apiVersion, kind }) => apiVersion === 'apps/v1' && kind === 'Deployment')
    .flatMap(object => {
      const { data } = Deployment.safeParse(object)
      const image = data?.spec.template.spec.containers.map(one => one.image).find(one => registryImage.test(one))
      if (!data || image === undefined) return []
      const path = /apicurio[^/]*$/.test(image) ? '' : confluentPath
      return [{ ...data.spec.template.metadata, namespace: object.metadata.namespace, path }]
    })
}

/** The Services in front of one, as NAME.NAMESPACE, and what its clients expect there. */
function servicesOf({ objects }: Plan): { readonly name: string; readonly path: string }[] {
  const deployments = deploymentsOf(objects)
  return objects
    .filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Service')
    .flatMap(object => {
      const selector = Object.entries(Service.safeParse(object).data?.spec.selector ?? {})
      const selects = ({ labels }: { labels: Record<string, string> }) =>
        selector.every(([name, value]) => labels[name] === value)
      const { name, namespace } = object.metadata
      const found = deployments.find(one => one.namespace === namespace && selects(one))
      return selector.length > 0 && found ? [{ name: `${name}.${namespace}`, path: found.path }] : []
    })
}

function urlOf(at: number): string {
  return `http://127.0.0.1:${at}`
}
