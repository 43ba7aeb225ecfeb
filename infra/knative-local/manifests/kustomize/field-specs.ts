// Which fields kustomize changes unless configurations add others: labels, annotations, images, replicas, names of other objects, vars.
// https://github.com/kubernetes-sigs/kustomize/tree/api/v0.18.0/api/internal/konfig/builtinpluginconsts
import type { FieldSpec } from './field-paths.ts'
import type { Gvk } from './resource.ts'

/** Kinds that make pods, and where the pod's template is in them. */
const templates: readonly (readonly [kind: string, path: string])[] = [
  ['Deployment', 'spec/template/'],
  ['ReplicaSet', 'spec/template/'],
  ['DaemonSet', 'spec/template/'],
  ['StatefulSet', 'spec/template/'],
  ['Job', 'spec/template/'],
  ['CronJob', 'spec/jobTemplate/spec/template/']
]

const templateMetadata: readonly (FieldSpec & { readonly kind: string })[] = [
  { kind: 'ReplicationController', version: 'v1', path: 'spec/template/metadata/' },
  { kind: 'Deployment', path: 'spec/template/metadata/' },
  { kind: 'ReplicaSet', path: 'spec/template/metadata/' },
  { kind: 'DaemonSet', path: 'spec/template/metadata/' },
  { kind: 'StatefulSet', group: 'apps', path: 'spec/template/metadata/' },
  { kind: 'Job', group: 'batch', path: 'spec/template/metadata/' },
  { kind: 'CronJob', group: 'batch', path: 'spec/jobTemplate/metadata/' },
  { kind: 'CronJob', group: 'batch', path: 'spec/jobTemplate/spec/template/metadata/' }
]

export const ownLabels: FieldSpec = { path: 'metadata/labels', create: true }

export const templateLabels: readonly FieldSpec[] = [
  ownLabels,
  ...templateMetadata.map(spec => ({ ...spec, path: `${spec.path}labels`, create: true })),
  { kind: 'StatefulSet', group: 'apps', path: 'spec/volumeClaimTemplates[]/metadata/labels', create: true }
]

const affinities = [
  'affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/',
  'affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/',
  'affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/',
  'affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/',
  'topologySpreadConstraints/'
]

/** Labels and the selectors that look for them. */
export const selectorLabels: readonly FieldSpec[] = [
  { kind: 'Service', version: 'v1', path: 'spec/selector', create: true },
  { kind: 'ReplicationController', version: 'v1', path: 'spec/selector', create: true },
  { kind: 'Deployment', path: 'spec/selector/matchLabels', create: true },
  { kind: 'ReplicaSet', path: 'spec/selector/matchLabels', create: true },
  { kind: 'DaemonSet', path: 'spec/selector/matchLabels', create: true },
  { kind: 'StatefulSet', group: 'apps', path: 'spec/selector/matchLabels', create: true },
  ...['Deployment', 'StatefulSet'].flatMap(kind =>
    affinities.map(path => ({ kind, group: 'apps', path: `spec/template/spec/${path}labelSelector/matchLabels` }))
  ),
  { kind: 'Job', group: 'batch', path: 'spec/selector/matchLabels' },
  { kind: 'CronJob', group: 'batch', path: 'spec/jobTemplate/spec/selector/matchLabels' },
  { kind: 'PodDisruptionBudget', group: 'policy', path: 'spec/selector/matchLabels' },
  { kind: 'NetworkPolicy', group: 'networking.k8s.io', path: 'spec/podSelector/matchLabels' },
  { kind: 'NetworkPolicy', group: 'networking.k8s.io', path: 'spec/ingress/from/podSelector/matchLabels' },
  { kind: 'NetworkPolicy', group: 'networking.k8s.io', path: 'spec/egress/to/podSelector/matchLabels' },
  ...templateLabels
]

export const annotations: readonly FieldSpec[] = [
  { path: 'metadata/annotations', create: true },
  ...templateMetadata.map(({ group, ...spec }) => ({
    ...spec,
    ...(group !== undefined && spec.kind !== 'StatefulSet' && { group }),
    path: `${spec.path}annotations`,
    create: true
  }))
]

export const images: readonly FieldSpec[] = ['spec/', 'spec/template/spec/'].flatMap(path => [
  { path: `${path}containers[]/image` },
  { path: `${path}initContainers[]/image` }
])

export const replicas: readonly FieldSpec[] = ['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map(
  kind => ({ kind, path: 'spec/replicas', create: true })
)

/** Where other objects name one of a kind. */
export interface NameReference extends Partial<Gvk> {
  readonly fields: readonly FieldSpec[]
}

const pods: readonly (readonly [kind: string, path: string])[] = [
  ['Pod', 'spec/'],
  ['PodTemplate', 'template/spec/'],
  ...templates.map(([kind, path]) => [kind, `${path}spec/`] as const)
]
/** These references are not followed in a ReplicaSet or PodTemplate, but in a ReplicationController. */
const controllers = [
  ...pods.filter(([kind]) => kind !== 'PodTemplate' && kind !== 'ReplicaSet'),
  ['ReplicationController', 'spec/template/spec/'] as const
]
const inPods = (of: typeof pods, paths: readonly string[]): FieldSpec[] =>
  of.flatMap(([kind, base]) => paths.map(path => ({ kind, path: `${base}${path}` })))
const inContainers = (path: string) => [`containers/${path}`, `initContainers/${path}`]
const rules: readonly FieldSpec[] = ['Role', 'ClusterRole'].map(kind => ({ kind, path: 'rules/resourceNames' }))
const rbac = 'rbac.authorization.k8s.io'

export const nameReferences: readonly NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map(kind => ({
    kind,
    fields: [{ kind: 'HorizontalPodAutoscaler', path: 'spec/scaleTargetRef/name' }]
  })),
  {
    kind: 'ConfigMap',
    version: 'v1',
    fields: [
      ...inPods(pods, [
        'volumes/configMap/name',
        ...inContainers('env/valueFrom/configMapKeyRef/name'),
        ...inContainers('envFrom/configMapRef/name'),
        'volumes/projected/sources/configMap/name'
      ]),
      { kind: 'Node', path: 'spec/configSource/configMap' },
      ...rules,
      { kind: 'Ingress', path: 'metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap' }
    ]
  },
  {
    kind: 'Secret',
    version: 'v1',
    fields: [
      ...inPods(pods, [
        'volumes/secret/secretName',
        ...inContainers('env/valueFrom/secretKeyRef/name'),
        ...inContainers('envFrom/secretRef/name'),
        'imagePullSecrets/name',
        'volumes/projected/sources/secret/name'
      ]),
      { kind: 'Ingress', path: 'spec/tls/secretName' },
      ...['ingress.kubernetes.io\\/auth-secret', 'nginx.ingress.kubernetes.io\\/auth-secret'].map(annotation => ({
        kind: 'Ingress',
        path: `metadata/annotations/${annotation}`
      })),
      { kind: 'Ingress', path: 'metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret' },
      { kind: 'ServiceAccount', path: 'imagePullSecrets/name' },
      ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map(parameter => ({
        kind: 'StorageClass',
        path: `parameters/${parameter}`
      })),
      ...rules,
      // The one field of a Knative Service that is followed; names of ConfigMaps in it are not.
      {
        kind: 'Service',
        group: 'serving.knative.dev',
        version: 'v1',
        path: 'spec/template/spec/containers/env/valueFrom/secretKeyRef/name'
      },
      { kind: 'PersistentVolume', path: 'spec/azureFile/secretName' }
    ]
  },
  {
    kind: 'Service',
    version: 'v1',
    fields: [
      { kind: 'StatefulSet', group: 'apps', path: 'spec/serviceName' },
      ...[
        'spec/rules/http/paths/backend/serviceName',
        'spec/backend/serviceName',
        'spec/rules/http/paths/backend/service/name',
        'spec/defaultBackend/service/name'
      ].map(path => ({ kind: 'Ingress', path })),
      { kind: 'APIService', group: 'apiregistration.k8s.io', path: 'spec/service/name' },
      ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].map(kind => ({
        kind,
        group: 'admissionregistration.k8s.io',
        path: 'webhooks/clientConfig/service'
      }))
    ]
  },
  { kind: 'Role', group: rbac, fields: [{ kind: 'RoleBinding', group: rbac, path: 'roleRef/name' }] },
  {
    kind: 'ClusterRole',
    group: rbac,
    fields: ['RoleBinding', 'ClusterRoleBinding'].map(kind => ({ kind, group: rbac, path: 'roleRef/name' }))
  },
  {
    kind: 'ServiceAccount',
    version: 'v1',
    fields: [
      ...['RoleBinding', 'ClusterRoleBinding'].map(kind => ({ kind, group: rbac, path: 'subjects' })),
      ...inPods(controllers, ['serviceAccountName'])
    ]
  },
  {
    kind: 'PersistentVolumeClaim',
    version: 'v1',
    fields: inPods(controllers, ['volumes/persistentVolumeClaim/claimName'])
  },
  {
    kind: 'PersistentVolume',
    version: 'v1',
    fields: [
      { kind: 'PersistentVolumeClaim', path: 'spec/volumeName' },
      { kind: 'ClusterRole', path: 'rules/resourceNames' }
    ]
  },
  {
    kind: 'StorageClass',
    group: 'storage.k8s.io',
    version: 'v1',
    fields: [
      { kind: 'PersistentVolume', path: 'spec/storageClassName' },
      { kind: 'PersistentVolumeClaim', path: 'spec/storageClassName' },
      { kind: 'StatefulSet', path: 'spec/volumeClaimTemplates/spec/storageClassName' }
    ]
  },
  {
    kind: 'PriorityClass',
    group: 'scheduling.k8s.io',
    version: 'v1',
    fields: inPods(controllers, ['priorityClassName'])
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: 'admissionregistration.k8s.io',
    fields: [
      { kind: 'ValidatingAdmissionPolicyBinding', group: 'admissionregistration.k8s.io', path: 'spec/policyName' }
    ]
  }
]

/** Where `$(NAME)` of a var is replaced. */
export const varReferences: readonly FieldSpec[] = [
  ...pods
    .filter(([kind]) => kind !== 'PodTemplate')
    .flatMap(([kind, base]) =>
      [...['args', 'command', 'env/value', 'volumeMounts/mountPath'].flatMap(inContainers), 'volumes/nfs/server'].map(
        path => ({ kind, path: `${base}${path}` })
      )
    ),
  // Not a typing error here: it is where kustomize looks.
  { kind: 'CronJob', path: 'spec/jobTemplate/spec/template/volumes/nfs/server' },
  { kind: 'Deployment', path: 'spec/template/metadata/annotations' },
  ...['spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'].map(path => ({ kind: 'Ingress', path })),
  ...['spec/ports/port', 'spec/ports/targetPort'].map(path => ({ kind: 'Service', path })),
  { kind: 'StatefulSet', path: 'spec/volumeClaimTemplates/spec/nfs/server' },
  { kind: 'PersistentVolume', path: 'spec/nfs/server' },
  { path: 'metadata/labels' },
  { path: 'metadata/annotations' }
]
