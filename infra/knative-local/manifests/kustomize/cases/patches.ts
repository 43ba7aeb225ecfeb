// Strategic merge patches and JSON patches.
import { deployment, deploymentPatch, over, patched, type Files } from './kustomizations.ts'

export const patches: Readonly<Record<string, Files>> = {
  'a strategic merge patch of containers, env, ports, volumes and mounts': patched(
    deploymentPatch(`
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: side
          image: side:2
        - name: main
          env: [{ name: C, value: "3" }, { name: A, value: "9" }]
          ports: [{ containerPort: 80, protocol: TCP }, { containerPort: 81 }]
          volumeMounts: [{ mountPath: /w, name: w }]
          args: [only]
        - { name: third, image: third }
      volumes: [{ name: w, emptyDir: {} }]
`)
  ),
  'ports with and without a protocol': patched(
    deploymentPatch(`
spec: { template: { spec: { containers: [{ name: main, ports: [{ containerPort: 53, name: dns }, { containerPort: 80, name: web }, { containerPort: 80, protocol: UDP, name: udp }] }] } } }
`)
  ),
  'ports without protocols': {
    ...patched(
      deploymentPatch(
        'spec: { template: { spec: { containers: [{ name: main, ports: [{ containerPort: 81 }, { containerPort: 80, name: web }] }] } } }\n'
      )
    ),
    'base/web.yaml': deployment().replace(', { containerPort: 53, protocol: UDP }', '')
  },
  "ports of a Service, an account's secrets, webhooks": {
    'kustomization.yaml': 'resources: [a.yaml]\npatches: [{ path: p.yaml }]\n',
    'a.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80, protocol: TCP }, { port: 81, protocol: TCP }] }\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a, finalizers: [a/a, b/b] }\nsecrets: [{ name: a }]\nimagePullSecrets: [{ name: a }]\n',
    'p.yaml':
      'apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 81, protocol: TCP, name: x }] }\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a, finalizers: [c/c, b/b] }\nsecrets: [{ name: b }]\nimagePullSecrets: [{ name: b }]\n'
  },
  'an element of a list that a patch replaces': patched(
    deploymentPatch(
      'spec: { template: { spec: { containers: [{ name: main, image: new, $patch: replace }, { image: x, name: added, $patch: replace }] } } }\n'
    )
  ),
  'nulls and directives of a strategic merge patch': patched(
    deploymentPatch(`
spec:
  replicas: null
  template:
    metadata: { labels: { $patch: replace, app: web } }
    spec:
      initContainers: null
      containers:
        - { name: side, $patch: delete }
        - name: main
          envFrom: null
          env: [{ $patch: replace }, { name: Z, value: z }]
          args: null
      volumes: [{ $patch: delete }]
`)
  ),
  'a patch that adds what was not there': patched(
    deploymentPatch(`
metadata: { name: web, annotations: { x: y }, finalizers: [a/b] }
spec: { strategy: { type: Recreate, rollingUpdate: null }, template: { spec: { hostAliases: [{ ip: 1.2.3.4, hostnames: [h] }], nodeSelector: { a: b } } } }
`).replace('metadata: { name: web }\n', '')
  ),
  'a patch that deletes its object': patched(deploymentPatch('$patch: delete\n')),
  'a strategic merge patch of a custom resource replaces lists': patched(
    'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: orders }\nspec: { template: { metadata: { annotations: { a: "1" } }, spec: { containers: [{ image: other }] } } }\n'
  ),
  'a strategic merge patch with a target': patched(
    'apiVersion: x/v1\nkind: Any\nmetadata: { name: any, labels: { patched: "yes" } }\n',
    '{ kind: Service|KafkaSource }'
  ),
  'targets by name, group, label and annotation': over(`patches:
  - target: { name: or.*s }
    patch: '[{ "op": "add", "path": "/metadata/labels", "value": { "byName": "1" } }]'
  - target: { group: apps, labelSelector: "app in (web, other)" }
    patch: |-
      - { op: add, path: /metadata/labels/byLabel, value: "1" }
  - target: { annotationSelector: a=1 }
    patch: |-
      - { op: add, path: /metadata/annotations/found, value: "1" }
  - target: { name: or }
    patch: |-
      - { op: add, path: /metadata/labels, value: { never: "1" } }
`),
  'a JSON patch': patched(
    `
- { op: replace, path: /spec/delivery/retry, value: 9 }
- { op: add, path: /spec/topics/-, value: last }
- { op: add, path: /spec/topics/0, value: first }
- { op: remove, path: /metadata/annotations }
- { op: copy, from: /spec/topics/1, path: /spec/consumerGroup }
- { op: move, from: /spec/delivery/backoffDelay, path: /spec/delivery/timeout }
- { op: test, path: /spec/consumerGroup, value: orders }
- { op: add, path: /spec/ceOverrides, value: { extensions: { a~1b: c } } }
- { op: replace, path: /spec/topics/-1, value: replaced }
`,
    '{ kind: KafkaSource, name: orders }'
  ),
  'a JSON patch in JSON, with escapes': patched(
    '[{"op": "add", "path": "/metadata/annotations/example.com~1a", "value": "b"}]',
    '{ kind: KafkaSource }'
  ),
  'patchesStrategicMerge and patchesJson6902': over(
    `patchesStrategicMerge:
  - patch.yaml
  - |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: { name: web }
    spec: { paused: true }
patchesJson6902:
  - target: { group: sources.knative.dev, version: v1, kind: KafkaSource, name: orders }
    path: ops.json
`,
    {
      'overlay/patch.yaml': deploymentPatch('spec: { replicas: 7 }\n'),
      'overlay/ops.json': '[{"op": "remove", "path": "/spec/delivery"}]'
    }
  ),
  'several patches in a file': patched(
    `${deploymentPatch('spec: { replicas: 4 }\n')}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { a: null, c: "3" }\n`
  ),
  'a patch by the name before and after a prefix': {
    ...over('namePrefix: p-\npatches: [{ path: patch.yaml }]\n', {
      'overlay/patch.yaml': deploymentPatch('spec: { replicas: 4 }\n')
    }),
    'top/kustomization.yaml':
      'resources: [../overlay]\npatches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: { name: p-web }\n      spec: { paused: true }\n  - target: { name: web, kind: Deployment }\n    patch: |\n      - { op: add, path: /spec/minReadySeconds, value: 3 }\n'
  },
  'a patch that may change a name': over(
    'patches:\n  - target: { kind: ConfigMap }\n    options: { allowNameChange: true }\n    patch: |\n      apiVersion: v1\n      kind: ConfigMap\n      metadata: { name: renamed }\n'
  ),
  'a JSON patch that changes a name': over(
    'patches:\n  - target: { kind: ConfigMap }\n    patch: |\n      - { op: replace, path: /metadata/name, value: renamed }\n'
  ),
  'a JSON patch that replaces or copies what is not there': patched(
    '- { op: replace, path: /spec/strategy, value: { type: Recreate } }\n- { op: copy, from: /spec/gone, path: /spec/paused }\n',
    '{ kind: Deployment }'
  ),
  'a JSON patch of annotations where there are none': patched(
    '- { op: add, path: /metadata/annotations/a, value: b }\n',
    '{ kind: Deployment }'
  ),
  'a kind of another group with the name of one of Kubernetes': {
    'kustomization.yaml': 'resources: [a.yaml]\npatches: [{ path: p.yaml }]\n',
    'a.yaml':
      'apiVersion: foo/v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a }, { name: b }] }\n',
    'p.yaml': 'apiVersion: foo/v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: b, image: c }] }\n'
  }
}
