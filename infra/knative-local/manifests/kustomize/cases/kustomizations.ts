// What the small kustomizations of this folder are made of. Each is about one thing, and is built here and by `kubectl kustomize`.

/** By path; the root is `.` unless there is an `overlay` or a `top`. */
export type Files = Readonly<Record<string, string>>

export const service = (name: string, more = '') => `
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

export const deployment = (name = 'web') => `
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

export const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\ndata: { a: "1", b: "2" }\n'
export const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: password }\nstringData: { p: x }\n'
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
export const base = {
  'base/kustomization.yaml':
    'resources: [web.yaml, settings.yaml, password.yaml, account.yaml, orders.yaml, source.yaml]\n',
  'base/web.yaml': deployment(),
  'base/settings.yaml': configMap,
  'base/password.yaml': secret,
  'base/account.yaml': account,
  'base/orders.yaml': service('orders'),
  'base/source.yaml': source
}
export const over = (kustomization: string, files: Files = {}): Files => ({
  ...base,
  'overlay/kustomization.yaml': `resources: [../base]\n${kustomization}`,
  ...files
})
export const patched = (patch: string, target = ''): Files =>
  over(`patches:\n  - path: patch.yaml\n${target === '' ? '' : `    target: ${target}\n`}`, {
    'overlay/patch.yaml': patch
  })
export const deploymentPatch = (spec: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n${spec}`
