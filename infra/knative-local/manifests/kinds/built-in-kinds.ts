// Kinds of Kubernetes itself: in these groups kubectl finds no others. https://kubernetes.io/docs/reference/kubernetes-api/ (v1.36)

interface Group {
  readonly versions: readonly string[]
  readonly kinds: readonly string[]
}

const groups: Readonly<Record<string, Group>> = {
  '': group(
    'v1',
    'ConfigMap Secret Service Pod Namespace ServiceAccount PersistentVolume PersistentVolumeClaim ReplicationController ' +
      'ResourceQuota LimitRange Endpoints Event Node PodTemplate Binding ComponentStatus'
  ),
  apps: group('v1', 'Deployment StatefulSet DaemonSet ReplicaSet ControllerRevision'),
  batch: group('v1', 'Job CronJob'),
  autoscaling: group('v1 v2', 'HorizontalPodAutoscaler'),
  policy: group('v1', 'PodDisruptionBudget'),
  'networking.k8s.io': group('v1', 'Ingress IngressClass NetworkPolicy IPAddress ServiceCIDR'),
  'rbac.authorization.k8s.io': group('v1', 'Role RoleBinding ClusterRole ClusterRoleBinding'),
  // Ingresses and Deployments were here once.
  extensions: group('', '')
}

function group(versions: string, kinds: string): Group {
  return { versions: versions.split(' '), kinds: kinds === '' ? [] : kinds.split(' ') }
}

export type BuiltInVerdict =
  | { readonly field: 'apiVersion'; readonly instead: string | undefined }
  | { readonly field: 'kind'; readonly known: readonly string[] }

/** What kubectl would not find; undefined for what it finds, and for kinds that anybody may define. */
export function judgeBuiltIn(name: string, version: string, kind: string): BuiltInVerdict | undefined {
  const own = groups[name]
  if (own === undefined || (own.versions.includes(version) && own.kinds.includes(kind))) return undefined
  const elsewhere = Object.entries(groups).find(([, { kinds }]) => kinds.includes(kind))
  if (elsewhere !== undefined)
    return { field: 'apiVersion', instead: [elsewhere[0], elsewhere[1].versions.at(-1)].filter(Boolean).join('/') }
  return own.versions.includes(version)
    ? { field: 'kind', known: own.kinds }
    : { field: 'apiVersion', instead: undefined }
}
