import { describe, expect, test } from 'vitest'
import { load, source } from './load-for-test.ts'

describe('paths', () => {
  const secret = (name: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: ${name} }\n`

  test('a directory stands for its own YAML files, in the order of their names', async () => {
    const { plan, files } = await load({
      'b.yml': secret('b'),
      'a.yaml': secret('a'),
      'c.json': '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}}',
      'below/d.yaml': secret('d')
    })
    expect(plan?.objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c'])
    expect(files).toHaveLength(3)
  })

  test('a kustomization stands for its resources, with its namespace and labels', async () => {
    const { plan, problems } = await load({
      'kustomization.yaml':
        'namespace: shop\nlabels: [{ pairs: { team: blue } }]\nresources: [a.yaml, base]\nimages: [{ name: a }]\n',
      'a.yaml': secret('a'),
      'not-listed.yaml': secret('x'),
      'base/kustomization.yaml': 'namespace: other\nresources: [b.yaml]\n',
      'base/b.yaml': secret('b')
    })
    expect(problems).toEqual([])
    expect(plan?.objects.map(({ metadata }) => metadata)).toMatchObject([
      { name: 'a', namespace: 'shop', labels: { team: 'blue' } },
      { name: 'b', namespace: 'shop', labels: { team: 'blue' } }
    ])
  })

  test('what a kustomization cannot do here is an error that names the field', async () => {
    const { text, plan } = await load({
      'kustomization.yaml': 'resources: [a.yaml]\ntransformers: [t.yaml]\nnamePrefx: a-\n',
      'a.yaml': secret('a')
    })
    expect(plan).toBeUndefined()
    expect(text).toContain('kustomization.yaml:2 error transformers: not supported here')
    expect(text).toContain(
      'kustomization.yaml:3 error namePrefx: unknown field "namePrefx"; did you mean "namePrefix"?'
    )
  })

  test('a problem is reported where it was written: in the patch, or in the object that it patches', async () => {
    const { text } = await load({
      'kustomization.yaml':
        'resources: [source.yaml]\npatches:\n  - path: patch.yaml\n  - target: { kind: KafkaSource }\n    patch: |\n      - { op: add, path: /spec/consumers, value: many }\n',
      'source.yaml': source('topics: [orders], initialOffset: middle, sink: { uri: http://example.com }'),
      'patch.yaml':
        'apiVersion: sources.knative.dev/v1\nkind: KafkaSource\nmetadata: { name: orders }\nspec:\n  delivery:\n    retry: many\n  ordering: sorted\n'
    })
    expect(text).toContain('patch.yaml:6 error spec.delivery.retry: expected a whole number')
    expect(text).toContain('patch.yaml:7 error spec.ordering: invalid value: "sorted"')
    expect(text).toMatch(/^source\.yaml:\d error spec\.initialOffset/m)
    expect(text).toContain('kustomization.yaml:5 error spec.consumers: expected a whole number')
  })

  test('a missing resource, a remote one, a loop and a missing path are errors', async () => {
    const { text } = await load(
      {
        'kustomization.yaml': 'resources:\n  - gone.yaml\n  - https://example.com/x.yaml\n  - loop\n',
        'loop/kustomization.yaml': 'resources: [../loop]\n'
      },
      {},
      ['.', 'nowhere']
    )
    expect(text).toContain('kustomization.yaml:2 error resources[0]: resource gone.yaml does not exist')
    expect(text).toContain(
      'kustomization.yaml:3 error resources[1]: resource https://example.com/x.yaml is not a local file; remote ones are not read here'
    )
    expect(text).toContain(
      'loop/kustomization.yaml:1 error resources[0]: this kustomization lists itself, by way of its resources'
    )
    expect(text).toContain('nowhere:1 error no such file or directory')
  })

  test('files that hold no Kubernetes object are skipped, and said to be', async () => {
    const { text, plan } = await load({
      'skaffold.yaml': 'apiVersion: skaffold/v4beta14\nkind: Config\n',
      'values.yaml': 'replicas: 1\n',
      'empty.yaml': '# nothing\n'
    })
    expect(plan?.objects).toEqual([])
    expect(text.split('\n')).toEqual(
      ['empty.yaml', 'skaffold.yaml', 'values.yaml'].map(
        file => `${file}:1 warning holds no Kubernetes object; skipped`
      )
    )
  })
})
