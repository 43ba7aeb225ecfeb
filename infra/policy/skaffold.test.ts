// skaffold.yaml builds what the overlays run, from what the Dockerfile offers.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { functionNames, projectDirectory } from '../bundle.ts'
import { objectsOf, type Overlay, overlays, render } from './render.ts'

const Artifact = z.strictObject({
  image: z.string(),
  context: z.string(),
  docker: z
    .strictObject({
      dockerfile: z.string(),
      target: z.string(),
      buildArgs: z.strictObject({ FUNCTION: z.string() }).optional()
    })
    .optional()
})
const Hook = z.object({ host: z.object({ command: z.array(z.string()).min(1) }) })
const Pipeline = z.object({
  build: z.object({ artifacts: z.array(Artifact) }),
  manifests: z.object({ kustomize: z.object({ paths: z.array(z.string()) }) }),
  deploy: z.object({ kubectl: z.object({ hooks: z.object({ before: z.array(Hook) }) }) })
})
const Skaffold = Pipeline.extend({
  apiVersion: z.literal('skaffold/v4beta13'),
  profiles: z.tuple([Pipeline.extend({ name: z.literal('production') })])
})

const skaffold = Skaffold.parse(parse(readFileSync(join(projectDirectory, 'skaffold.yaml'), 'utf8')))
const pipelines: Record<Overlay, z.infer<typeof Pipeline>> = { dev: skaffold, production: skaffold.profiles[0] }
const dockerfile = readFileSync(join(projectDirectory, 'infra/Dockerfile'), 'utf8')

test.each(overlays)('%s applies its overlay and builds every image of ours in it', overlay => {
  const { build, manifests } = pipelines[overlay]
  expect(manifests.kustomize.paths).toEqual([`infra/overlays/${overlay}`])
  const ours = [
    ...JSON.stringify(render(overlay)).matchAll(/"image":"((?:dev\.local|registry\.example\.com)\/students\/[\w-]+):/g)
  ]
  // In production Strimzi builds the Connect image itself.
  const run = new Set(
    ours
      .flatMap(([, image]) => image ?? [])
      .filter(image => !image.startsWith('registry.') || !image.endsWith('/connect'))
  )
  expect(new Set(build.artifacts.map(({ image }) => image))).toEqual(run)
})

test.each(overlays)(
  '%s builds each function from its own folder, and every target is in the Dockerfile',
  async overlay => {
    const artifacts = pipelines[overlay].build.artifacts
    const functions = artifacts.flatMap(({ docker }) => docker?.buildArgs?.FUNCTION ?? [])
    expect(functions.toSorted()).toEqual(await functionNames())
    const missing = artifacts.filter(({ context, docker }) =>
      docker
        ? docker.dockerfile !== 'infra/Dockerfile' || !dockerfile.includes(` AS ${docker.target}\n`)
        : !existsSync(join(projectDirectory, context, 'Dockerfile'))
    )
    expect(missing).toEqual([])
  }
)

test.each(overlays)('%s takes away every Job before it applies, because a Job cannot be changed', overlay => {
  const jobs = render(overlay)
    .filter(({ kind }) => kind === 'Job')
    .map(({ metadata }) => metadata.name)
  const commands = pipelines[overlay].deploy.kubectl.hooks.before.map(({ host }) => host.command)
  const removed = commands.find(command => command.includes('delete'))
  expect(removed).toEqual(expect.arrayContaining([...jobs, '--ignore-not-found']))
})

test('the Dockerfile copies nothing that is not there, and names no version as latest', () => {
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list]) => list?.split(' ') ?? [])
  expect(sources.length).toBeGreaterThan(5)
  expect(sources.filter(path => !path.includes('$') && !existsSync(join(projectDirectory, path)))).toEqual([])
  expect(dockerfile).not.toMatch(/:latest\b/)
})

test('the images of functions and jobs stand on base images that are named by digest', () => {
  const bases = [...dockerfile.matchAll(/^ARG \w+_IMAGE=(.+)$/gm)].flatMap(([, image]) => image ?? [])
  expect(bases).toHaveLength(2)
  for (const image of bases) expect(image).toMatch(/@sha256:[0-9a-f]{64}$/)
  const stages = [...dockerfile.matchAll(/^FROM (\S+)/gm)].flatMap(([, image]) => image ?? [])
  const named = new Set([...dockerfile.matchAll(/ AS (\S+)$/gm)].flatMap(([, stage]) => stage ?? []))
  const others = stages.filter(image => !named.has(image) && !/^\$\{(BUILD|RUNTIME)_IMAGE\}$/.test(image))
  expect(others).toEqual([])
})

test('what a build downloads is checked: the same file in both builds of Connect, each with its checksum', () => {
  const plugin = z.object({
    spec: z.object({
      build: z.object({
        plugins: z.array(
          z.object({
            artifacts: z.array(
              z.strictObject({ type: z.literal('tgz'), url: z.url(), sha512sum: z.string().regex(/^[0-9a-f]{128}$/) })
            )
          })
        )
      })
    })
  })
  const [connect] = objectsOf('production', { apiVersion: 'kafka.strimzi.io/v1', kind: 'KafkaConnect' }, plugin)
  const urls = connect?.spec.build.plugins.flatMap(({ artifacts }) => artifacts.map(({ url }) => url))
  const downloads = ['infra/Dockerfile', 'infra/debezium/Dockerfile'].flatMap(
    file =>
      readFileSync(join(projectDirectory, file), 'utf8')
        .replaceAll('\\\n', ' ')
        .match(/^(ADD|RUN .*(curl|wget)).*https?:.*$/gm) ?? []
  )
  expect(downloads).toEqual([expect.stringMatching(/^ADD --checksum=sha256:[0-9a-f]{64} /)])
  expect(urls).toEqual([/https:\S+/.exec(downloads[0] ?? '')?.[0]])
})
