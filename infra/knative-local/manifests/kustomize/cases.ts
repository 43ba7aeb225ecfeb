// Small kustomizations, each about one thing, that are built here and by `kubectl kustomize`. Files by path; the root is `.`
// unless there is an `overlay`.

export type Files = Readonly<Record<string, string>>

const service = (name: string, more = '') => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: ${name} }
spec:
  template:
    spec:
      containers:
        - image: example.com/${name}:1.0
          env:
            - { name: A, value: "1" }
            - { name: SECRET, valueFrom: { secretKeyRef: { name: password, key: p } } }
            - { name: CONFIG, valueFrom: { configMapKeyRef: { name: settings, key: c } } }
${more}`

const deployment = (name = 'web') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  replicas: 1
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      serviceAccountName: runner
      containers:
        - name: main
          image: example.com:5000/team/main:1.0@sha256:aa
          args: [--host, $(HOST)]
          env:
            - { name: A, value: "1" }
            - { name: B, valueFrom: { configMapKeyRef: { name: settings, key: b } } }
          envFrom: [{ secretRef: { name: password } }]
          ports: [{ containerPort: 80 }, { containerPort: 53, protocol: UDP }]
          volumeMounts: [{ name: v, mountPath: /v }]
        - { name: side, image: side }
      initContainers: [{ name: init, image: main }]
      volumes:
        - { name: v, configMap: { name: settings } }
        - { name: p, projected: { sources: [{ secret: { name: password } }] } }
`

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { a: "1", b: "2" }\n'
const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: password }\nstringData: { p: x }\n'
const account = 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: runner }\n'
const source = `
apiVersion: sources.knative.dev/v1
kind: KafkaSource
metadata: { name: orders, annotations: { a: "1" } }
spec:
  topics: [orders, more]
  bootstrapServers: [localhost:9092]
  sink: { ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: orders } }
  delivery: { retry: 3, backoffDelay: PT1S }
`
const base = {
  'base/kustomization.yaml':
    'resources: [web.yaml, settings.yaml, password.yaml, account.yaml, orders.yaml, source.yaml]\n',
  'base/web.yaml': deployment(),
  'base/settings.yaml': configMap,
  'base/password.yaml': secret,
  'base/account.yaml': account,
  'base/orders.yaml': service('orders'),
  'base/source.yaml': source
}
const over = (kustomization: string, files: Files = {}): Files => ({
  ...base,
  'overlay/kustomization.yaml': `resources: [../base]\n${kustomization}`,
  ...files
})
const patched = (patch: string, target = ''): Files =>
  over(`patches:\n  - path: patch.yaml\n${target === '' ? '' : `    target: ${target}\n`}`, {
    'overlay/patch.yaml': patch
  })
const deploymentPatch = (spec: string) => `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n${spec}`

/** What both build, to the same objects. */
export const built: Readonly<Record<string, Files>> = {
  'a base': over(''),
  'a prefix and a suffix, with references': over('namePrefix: a-\nnameSuffix: -z\n'),
  'prefixes of several layers': {
    ...over('namePrefix: a-\n'),
    'top/kustomization.yaml': 'resources: [../overlay]\nnamePrefix: t-\nnameSuffix: -x\n',
    'overlay/patch.yaml': ''
  },
  'one base twice, with other prefixes': {
    ...base,
    'one/kustomization.yaml': 'resources: [../base]\nnamePrefix: one-\n',
    'two/kustomization.yaml': 'resources: [../base]\nnamePrefix: two-\n',
    'overlay/kustomization.yaml': 'resources: [../one, ../two]\n'
  },
  'one base in two namespaces': {
    ...base,
    'one/kustomization.yaml': 'resources: [../base]\nnamespace: one\n',
    'two/kustomization.yaml': 'resources: [../base]\nnamespace: two\n',
    'overlay/kustomization.yaml': 'resources: [../one, ../two]\nnamePrefix: p-\n'
  },
  'bases, deprecated': { ...base, 'overlay/kustomization.yaml': 'bases: [../base]\nnamespace: shop\n' },
  'a namespace, and what has none': over(
    'namespace: shop\nresources: [../base, cluster.yaml]\n'.replace('resources: [../base, cluster.yaml]\n', ''),
    {
      'overlay/kustomization.yaml': 'namespace: shop\nresources: [../base, cluster.yaml]\n',
      'overlay/cluster.yaml': `
apiVersion: v1
kind: Namespace
metadata: { name: old }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reader }
rules: [{ apiGroups: [""], resources: [secrets], resourceNames: [password], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: readers }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
subjects: [{ kind: ServiceAccount, name: default, namespace: x }, { kind: ServiceAccount, name: runner, namespace: default }]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec: { group: example.com, names: { kind: Thing, plural: things }, scope: Namespaced }
---
apiVersion: example.com/v1
kind: ClusterThing
metadata: { name: thing }
`
    }
  ),
  'a prefix leaves Namespaces and definitions alone': {
    'kustomization.yaml': 'namePrefix: p-\nresources: [a.yaml]\n',
    'a.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: n }\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: things.example.com }\nspec: { group: example.com }\n`
  },
  'commonLabels reach selectors and templates': over('commonLabels: { team: blue, app: new }\n'),
  'labels only on objects': over('labels: [{ pairs: { team: blue } }]\n'),
  'labels in templates': over('labels: [{ pairs: { team: blue }, includeTemplates: true }]\n'),
  'labels in selectors': over('labels: [{ pairs: { team: blue }, includeSelectors: true }]\n'),
  'labels in fields of a custom resource': over(
    'labels: [{ pairs: { team: blue }, fields: [{ kind: Service, group: serving.knative.dev, path: spec/template/metadata/labels, create: true }] }]\n'
  ),
  commonAnnotations: over('commonAnnotations: { note: hello }\n'),
  'labels and annotations of every kind that makes pods': {
    'kustomization.yaml':
      'resources: [all.yaml]\ncommonLabels: { l: "1" }\ncommonAnnotations: { a: "1" }\nimages: [{ name: i, newTag: "2" }]\n',
    'all.yaml': [
      ['apps/v1', 'StatefulSet'],
      ['apps/v1', 'DaemonSet'],
      ['batch/v1', 'Job'],
      ['batch/v1', 'CronJob'],
      ['v1', 'ReplicationController'],
      ['v1', 'Service'],
      ['networking.k8s.io/v1', 'NetworkPolicy'],
      ['policy/v1', 'PodDisruptionBudget'],
      ['serving.knative.dev/v1', 'Service'],
      ['kafka.strimzi.io/v1', 'KafkaTopic']
    ]
      .map(
        ([apiVersion, kind], index) =>
          `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: o${index} }\nspec: { template: { spec: { containers: [{ name: c, image: i }] } }, ${kind === 'StatefulSet' ? 'volumeClaimTemplates: [{ metadata: { name: d } }]' : 'x: 1'} }\n`
      )
      .join('---\n')
  },
  images: over(
    'images:\n  - { name: example.com/orders, newName: registry.example.com/o, newTag: "2.0" }\n  - { name: "example.com:5000/team/main", newTag: v3 }\n  - { name: side, digest: "sha256:bb" }\n  - { name: main, newName: other }\n'
  ),
  'a tag suffix, and a tag and digest': over(
    'images:\n  - { name: example.com/orders, tagSuffix: -debug }\n  - { name: side, newTag: x, digest: "sha256:bb" }\n'
  ),
  replicas: over('replicas: [{ name: web, count: 5 }]\n'),
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
  'a JSON patch that replaces or copies what is not there': patched(
    '- { op: replace, path: /spec/strategy, value: { type: Recreate } }\n- { op: copy, from: /spec/gone, path: /spec/paused }\n',
    '{ kind: Deployment }'
  ),
  'a JSON patch of annotations where there are none': patched(
    '- { op: add, path: /metadata/annotations/a, value: b }\n',
    '{ kind: Deployment }'
  ),
  'a replacement by an empty text': {
    'kustomization.yaml':
      'resources: [a.yaml]\nconfigMapGenerator: [{ name: c, literals: ["x="] }]\nreplacements: [{ source: { kind: ConfigMap, fieldPath: data.x }, targets: [{ select: { kind: Web }, fieldPaths: [spec.a] }] }]\n',
    'a.yaml': 'apiVersion: example.com/v1\nkind: Web\nmetadata: { name: a }\nspec: { a: b }\n'
  },
  'annotations that are no texts': {
    'kustomization.yaml': 'resources: [a.yaml, b.yaml, c.yaml]\n',
    'a.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: a, annotations: { a: 1, b: true, c: x } }\n',
    'b.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: b, annotations: {} }\n',
    'c.yaml': 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: c\n  annotations:\n'
  },
  'a kind of another group with the name of one of Kubernetes': {
    'kustomization.yaml': 'resources: [a.yaml]\npatches: [{ path: p.yaml }]\n',
    'a.yaml':
      'apiVersion: foo/v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a }, { name: b }] }\n',
    'p.yaml': 'apiVersion: foo/v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: b, image: c }] }\n'
  },
  'configurations, also those of a base': {
    'base/kustomization.yaml':
      'resources: [a.yaml]\nconfigurations: [fields.yaml]\nnamespace: shop\ncommonLabels: { app: a }\nimages: [{ name: web, newTag: "2" }]\nreplicas: [{ name: a, count: 3 }]\nvars: [{ name: V, objref: { apiVersion: v1, kind: Secret, name: password } }]\n',
    'base/fields.yaml': `nameReference:
- kind: Secret
  fieldSpecs: [{ kind: Web, path: spec/secret }]
namespace: [{ kind: Web, path: spec/where, create: true }]
commonLabels: [{ kind: Web, path: spec/selector, create: true }]
commonAnnotations: [{ kind: Web, path: spec/notes, create: true }]
images: [{ kind: Web, path: spec/image }]
replicas: [{ kind: Web, path: spec/size, create: true }]
varReference: [{ kind: Web, path: spec/text }]
`,
    'base/a.yaml': `apiVersion: example.com/v1
kind: Web
metadata: { name: a }
spec: { secret: password, image: "web:1", text: "$(V)" }
---
${secret}`,
    'overlay/kustomization.yaml': 'resources: [../base]\nnamePrefix: p-\ncommonAnnotations: { b: c }\n'
  },
  'configurations that choose what is renamed': {
    'kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: p-\nconfigurations: [fields.yaml]\n',
    'fields.yaml': 'namePrefix: [{ kind: Web, path: metadata/name }, { kind: Web, path: spec/other }]\n',
    'a.yaml': `apiVersion: example.com/v1\nkind: Web\nmetadata: { name: a }\nspec: { other: b }\n---\n${secret}`
  },
  'every place where a name is referred to': {
    'kustomization.yaml': 'namePrefix: p-\nresources: [a.yaml]\n',
    'a.yaml': `
apiVersion: v1
kind: Service
metadata: { name: web }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { storageClassName: fast, volumeName: vol }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: fast }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: runner }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: readers }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: runner }, { kind: User, name: runner }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: in }
spec: { rules: [{ http: { paths: [{ backend: { service: { name: web } } }] } }], defaultBackend: { service: { name: web } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: set }
spec: { serviceName: web, template: { spec: { serviceAccountName: runner, volumes: [{ persistentVolumeClaim: { claimName: data } }] } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: scaler }
spec: { scaleTargetRef: { kind: StatefulSet, name: set } }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly }
spec: { jobTemplate: { spec: { template: { spec: { serviceAccountName: runner, imagePullSecrets: [{ name: pull }] } } } } }
---
apiVersion: v1
kind: Secret
metadata: { name: pull }
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: hook }
webhooks: [{ name: w, clientConfig: { service: { name: web, namespace: default } } }]
`
  }
}

/** What neither builds. */
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
