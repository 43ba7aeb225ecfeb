// Names, namespaces, labels, annotations, images and replicas, of all objects and of what refers to them.
import { base, over, secret, type Files } from './kustomizations.ts'

export const transformers: Readonly<Record<string, Files>> = {
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
