import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkCommand } from './check-command.ts'

test('warnings are printed and leave the exit status 0', async () => {
  const { status, text, file } = await check(
    '{ apiVersion: sources.knative.dev/v1, kind: KafkaSource, metadata: { name: a }, spec: { bootstrapServers: [a:1], topics: [a], consumerGroup: a, initialOffset: earliest, sink: { uri: http://example.com } } }'
  )
  expect(text).toContain(`${file}:1 warning spec.delivery: no delivery:`)
  expect(text).toMatch(/1 object: no errors, 1 warning\n$/)
  expect(status).toBe(0)
})

test('errors are printed with place and path and make the exit status 1', async () => {
  const { status, text, file } = await check('apiVersion: v1\nkind: Secret\nmetadata: { name: A }\n')
  expect(text).toMatch(new RegExp(`^${file}:3 error metadata\\.name: .*\\n1 error, no warnings\\n$`))
  expect(status).toBe(1)
})

test('what the file names and does not declare is told apart from errors, and leaves the exit status 0', async () => {
  const { status, text } = await check(
    '{ apiVersion: sources.knative.dev/v1, kind: KafkaSource, metadata: { name: a, namespace: shop }, spec: { bootstrapServers: [a:1], topics: [a], consumerGroup: a, initialOffset: earliest, sink: { ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: on-order } } } }'
  )
  expect(text).toContain('missing spec.sink.ref.name: no file declares the Service shop/on-order')
  expect(text).toContain('--resolve shop/')
  expect(text).toMatch(/object: no errors, 1 missing, .*\n$/)
  expect(status).toBe(0)
})

test('colours appear only where they are asked for', async () => {
  const escape = '\u001B['
  expect((await check('kind: Secret\n')).text).not.toContain(escape)
  expect((await check('kind: Secret\n', true)).text).toContain(escape)
})

async function check(content: string, colour = false) {
  const directory = await mkdtemp(join(tmpdir(), 'manifests-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'a.yaml')
  await writeFile(file, content)
  let text = ''
  const status = await checkCommand([file], {
    write: more => {
      text += more
    },
    colour
  })
  return { status, text, file }
}
