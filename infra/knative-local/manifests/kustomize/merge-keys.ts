// How a strategic merge patch merges lists: by a key of their items, for the kinds of Kubernetes itself. A list of any other
// kind, and any other list, is replaced as a whole.
// https://github.com/kubernetes-sigs/kustomize/tree/api/v0.18.0/kyaml/openapi (x-kubernetes-patch-merge-key)
import type { Gvk } from './resource.ts'

/** Keys of the items; none for a list of texts, which is merged as a set. */
type MergeKeys = readonly string[]

const container: Readonly<Record<string, MergeKeys>> = {
  '': ['name'],
  '/env': ['name'],
  '/ports': ['containerPort', 'protocol'],
  '/volumeDevices': ['devicePath'],
  '/volumeMounts': ['mountPath']
}

const podSpec: Readonly<Record<string, MergeKeys>> = {
  ...below('containers', container),
  ...below('initContainers', container),
  ...below('ephemeralContainers', container),
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  volumes: ['name']
}

const metadata: Readonly<Record<string, MergeKeys>> = { 'metadata/finalizers': [], 'metadata/ownerReferences': ['uid'] }

const template = { ...below('spec/template/', metadata), ...below('spec/template/spec/', podSpec) }

const kinds: Readonly<Record<string, Readonly<Record<string, MergeKeys>>>> = {
  Pod: below('spec/', podSpec),
  PodTemplate: { ...below('template/', metadata), ...below('template/spec/', podSpec) },
  Deployment: template,
  DaemonSet: template,
  ReplicaSet: template,
  ReplicationController: template,
  StatefulSet: template,
  Job: template,
  CronJob: below('spec/jobTemplate/', template),
  Service: { 'spec/ports': ['port', 'protocol'] },
  ServiceAccount: { secrets: ['name'] },
  Node: { 'spec/podCIDRs': [] },
  MutatingWebhookConfiguration: { webhooks: ['name'] },
  ValidatingWebhookConfiguration: { webhooks: ['name'] }
}

/** Absent when the list is replaced; `path` has no indices. */
export function mergeKeysOf({ group, kind }: Gvk, path: readonly string[]): MergeKeys | undefined {
  if (!isOfKubernetes(group)) return undefined
  const text = path.join('/')
  if (text === 'status/conditions') return ['type']
  return metadata[text] ?? kinds[kind]?.[text]
}

function isOfKubernetes(group: string): boolean {
  return ['', 'apps', 'batch', 'policy', 'autoscaling', 'extensions'].includes(group) || group.endsWith('.k8s.io')
}

function below(prefix: string, keys: Readonly<Record<string, MergeKeys>>): Record<string, MergeKeys> {
  return Object.fromEntries(Object.entries(keys).map(([path, key]) => [`${prefix}${path}`, key]))
}
