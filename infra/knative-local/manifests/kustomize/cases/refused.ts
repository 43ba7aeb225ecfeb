// What neither kubectl nor this program builds.
import { configMap, over, patched, type Files } from './kustomizations.ts'

export const refused: Readonly<Record<string, Files>> = {
  'an unknown field': { 'kustomization.yaml': 'resuorces: []\n' },
  'an empty kustomization': { 'kustomization.yaml': '' },
  'a kustomization of empty fields': { 'kustomization.yaml': 'kind: Kustomization\nresources:\n' },
  'an apiVersion that is not served': {
    'kustomization.yaml': 'apiVersion: v1\nresources: [a.yaml]\n',
    'a.yaml': configMap
  },
  'a missing resource': { 'kustomization.yaml': 'resources: [gone.yaml]\n' },
  'a loop': { 'kustomization.yaml': 'resources: [a]\n', 'a/kustomization.yaml': 'resources: [../]\n' },
  'the same object twice': {
    'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
    'a.yaml': configMap,
    'b.yaml': configMap
  },
  'an object without a name': {
    'kustomization.yaml': 'resources: [a.yaml]\n',
    'a.yaml': 'apiVersion: v1\nkind: Secret\n'
  },
  'a patch of nothing': patched('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other }\n'),
  'a patch in another version': patched('apiVersion: apps/v2\nkind: Deployment\nmetadata: { name: web }\n'),
  'a JSON patch of a missing field': patched(
    '- { op: replace, path: /spec/topics/9, value: 1 }',
    '{ kind: KafkaSource }'
  ),
  'a JSON patch that removes what is not there': patched('- { op: remove, path: /spec/gone }', '{ kind: KafkaSource }'),
  'a JSON patch without a target': patched('- { op: remove, path: /spec }'),
  'a JSON patch that is almost JSON': patched('[{ op: remove, path: /spec/topics }]', '{ kind: KafkaSource }'),
  'a patch and a path': over('patches: [{ path: a.yaml, patch: "[]" }]\n', { 'overlay/a.yaml': '[]' }),
  'a Component under resources': {
    'kustomization.yaml': 'resources: [c]\n',
    'c/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: a\n'
  },
  'no Component under components': {
    'kustomization.yaml': 'components: [c]\n',
    'c/kustomization.yaml': 'namePrefix: a\n'
  },
  'replicas of nothing': over('replicas: [{ name: gone, count: 1 }]\n'),
  'a generator whose name is taken': over('configMapGenerator: [{ name: settings, literals: [a=1] }]\n'),
  'a merge with nothing': over('configMapGenerator: [{ name: gone, behavior: merge, literals: [a=1] }]\n'),
  'a literal without a value': { 'kustomization.yaml': 'configMapGenerator: [{ name: a, literals: [b] }]\n' },
  'a missing file of a generator': { 'kustomization.yaml': 'configMapGenerator: [{ name: a, files: [b] }]\n' },
  'a replacement of a missing field': over(
    'replacements:\n  - source: { kind: ConfigMap }\n    targets: [{ select: { kind: KafkaSource }, fieldPaths: [spec.gone] }]\n'
  )
}
