// How kustomizations and objects may be written.
import { secret, type Files } from './kustomizations.ts'

export const forms: Readonly<Record<string, Files>> = {
  'lists of objects': {
    'kustomization.yaml': 'resources: [list.yaml]\nnamePrefix: p-\n',
    'list.yaml':
      'apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: v1, kind: Secret, metadata: { name: a } }\n---\napiVersion: sources.knative.dev/v1\nkind: KafkaSourceList\nitems:\n  - { apiVersion: sources.knative.dev/v1, kind: KafkaSource, metadata: { name: k } }\n'
  },
  'anchors are not shared': {
    'kustomization.yaml':
      'resources: [a.yaml]\npatches:\n  - target: { kind: ConfigMap }\n    patch: |-\n      - { op: replace, path: /data/a, value: changed }\n',
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: &d { a: "1" }\nbinaryData: *d\n'
  },
  'objects that are for tools only': {
    'kustomization.yaml': 'resources: [a.yaml]\n',
    'a.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, annotations: { config.kubernetes.io/local-config: "true" } }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n'
  },
  'other names of the file, and JSON': {
    'kustomization.yml': '{"resources": ["a.json"], "namespace": "shop"}',
    'a.json': '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}'
  },
  'a Component alone': {
    'kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [a.yaml]\nnamePrefix: p-\n',
    'a.yaml': secret
  },
  'fields in other capitals, and fields that hold nothing': {
    'kustomization.yaml':
      'RESOURCES: [a.yaml]\nNAMEprefix: p-\nnameSuffix:\nvars:\npatches:\ncommonAnnotations: { a: }\nimages:\nlabels: [{ PAIRS: { teAM: blue } }]\nconfigmapGenerator: [{ name: c, literals: [a=b], files: }]\n',
    'a.yaml': secret
  },
  'annotations that are no texts': {
    'kustomization.yaml': 'resources: [a.yaml, b.yaml, c.yaml]\n',
    'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: a, annotations: { a: 1, b: true, c: x } }\n',
    'b.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: b, annotations: {} }\n',
    'c.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: c\n  annotations:\n'
  }
}
