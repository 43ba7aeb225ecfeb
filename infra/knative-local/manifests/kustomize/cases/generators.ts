// Generators and components, and values that one object takes from another.
import { deployment, over, service, type Files } from './kustomizations.ts'

export const generators: Readonly<Record<string, Files>> = {
  'ConfigMaps and Secrets of literals, with references': {
    'kustomization.yaml': `
resources: [web.yaml, orders.yaml]
configMapGenerator:
  - name: settings
    literals: [a=1, "b=x=y", 'c="quoted <&> text"', k10=ten, k2=two]
    options: { labels: { l: m }, annotations: { o: p } }
secretGenerator:
  - { name: password, literals: [p=s3cret, long=${'0123456789'.repeat(12)}], type: example.com/x }
`,
    'web.yaml': deployment(),
    'orders.yaml': service('orders')
  },
  'generators of files and env files': {
    'kustomization.yaml': `
configMapGenerator:
  - { name: files, files: [text.txt, other=deep/text.txt] }
  - { name: env, envs: [vars.env] }
  - { name: empty }
secretGenerator:
  - { name: s, files: [text.txt], env: vars.env }
generatorOptions: { labels: { all: "1" }, immutable: true }
namespace: shop
namePrefix: p-
`,
    'text.txt': 'line one\n\ttab\nümlaut\n',
    'deep/text.txt': 'deep',
    'vars.env': '# comment\nA=1\n  B=2 # not a comment\nC\nD=a=b\n\n'
  },
  'a generator without a hash, in a namespace': {
    'kustomization.yaml':
      'configMapGenerator:\n  - { name: a, namespace: shop, literals: [x=1], options: { disableNameSuffixHash: true } }\n  - { name: b, literals: [x=1] }\n'
  },
  'generators that merge and replace': {
    'base/kustomization.yaml':
      'namePrefix: p-\nconfigMapGenerator:\n  - { name: m, literals: [a=1, b=2] }\n  - { name: r, literals: [a=1, b=2], options: { labels: { x: z } } }\n',
    'overlay/kustomization.yaml':
      'resources: [../base]\nconfigMapGenerator:\n  - { name: m, behavior: merge, literals: [b=3, c=4] }\n  - { name: r, behavior: replace, literals: [z=1] }\n'
  },
  'a component, with its own resources, patches and generators': over('components: [../component]\nnamePrefix: p-\n', {
    'component/kustomization.yaml': `
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources: [more.yaml]
configMapGenerator: [{ name: made, literals: [a=1] }]
patches:
  - target: { kind: KafkaSource }
    patch: |
      - { op: replace, path: /spec/delivery/retry, value: 1 }
`,
    'component/more.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\n'
  }),
  'two components after one another': over('components: [../one, ../two]\n', {
    'one/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: { c: one }\nnameSuffix: -one\n',
    'two/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: { c: two }\npatches:\n  - target: { name: web-one }\n    patch: |-\n      [{ "op": "replace", "path": "/spec/replicas", "value": 8 }]\n'
  }),
  replacements: over(
    `replacements:
  - source: { kind: ConfigMap, name: settings, fieldPath: data.b }
    targets:
      - select: { kind: Deployment }
        fieldPaths: ["spec.template.spec.containers.[name=main].env.[name=A].value", "metadata.annotations.[example.com/b]"]
        options: { create: true }
      - select: { kind: Deployment, name: web }
        fieldPaths: [spec.replicas]
  - source: { kind: Deployment, fieldPath: spec.template.spec.containers.0.image, options: { delimiter: ":", index: 1 } }
    targets:
      - select: { kind: Service }
        reject: [{ name: none }]
        fieldPaths: ["spec.template.spec.containers.*.image"]
        options: { delimiter: ":", index: 1 }
  - source: { kind: ServiceAccount }
    targets: [{ select: { kind: KafkaSource }, fieldPaths: [spec.topics.1, metadata.annotations.a] }]
  - path: more.yaml
`,
    {
      'overlay/more.yaml':
        'source: { kind: Secret, name: password, fieldPath: stringData }\ntargets: [{ select: { kind: ConfigMap }, fieldPaths: [data] }]\n'
    }
  ),
  vars: over(
    'namePrefix: p-\nvars:\n  - { name: HOST, objref: { apiVersion: serving.knative.dev/v1, kind: Service, name: orders } }\n  - { name: REPLICAS, objref: { kind: Deployment, name: web, apiVersion: apps/v1 }, fieldref: { fieldpath: spec.replicas } }\ncommonAnnotations: { i: "is $(REPLICAS)", m: "is $(REPLICAS) $(HOST) $(OTHER)" }\n'
  ),
  'a replacement by an empty text': {
    'kustomization.yaml':
      'resources: [a.yaml]\nconfigMapGenerator: [{ name: c, literals: ["x="] }]\nreplacements: [{ source: { kind: ConfigMap, fieldPath: data.x }, targets: [{ select: { kind: Web }, fieldPaths: [spec.a] }] }]\n',
    'a.yaml': 'apiVersion: example.com/v1\nkind: Web\nmetadata: { name: a }\nspec: { a: b }\n'
  }
}
