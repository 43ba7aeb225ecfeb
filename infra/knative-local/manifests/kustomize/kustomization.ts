// The fields of a kustomization. https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
import { z } from 'zod'
import { object, refined } from '../schema.ts'

const texts = z.record(z.string(), z.string())

const selectorFields = {
  group: z.string().optional(),
  version: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional()
}
const selector = object({
  ...selectorFields,
  apiVersion: z.string().optional(),
  labelSelector: z.string().optional(),
  annotationSelector: z.string().optional()
})

export const fieldSpec = object({
  group: z.string().optional(),
  version: z.string().optional(),
  kind: z.string().optional(),
  path: z.string().default(''),
  create: z.boolean().optional()
})

const patch = object({
  path: z.string().optional(),
  patch: z.string().optional(),
  target: selector.optional(),
  options: object({ allowNameChange: z.boolean().optional(), allowKindChange: z.boolean().optional() }).optional()
})

const generatorOptions = object({
  labels: texts.optional(),
  annotations: texts.optional(),
  disableNameSuffixHash: z.boolean().optional(),
  immutable: z.boolean().optional()
})

const generator = object({
  name: z.string().min(1, 'missing field'),
  namespace: z.string().optional(),
  behavior: z
    .enum(['create', 'merge', 'replace', ''])
    .transform(text => text || 'create')
    .optional(),
  files: z.array(z.string()).optional(),
  literals: z.array(z.string()).optional(),
  envs: z.array(z.string()).optional(),
  env: z.string().optional(),
  type: z.string().optional(),
  options: generatorOptions.optional()
})

const image = object({
  name: z.string(),
  newName: z.string().optional(),
  newTag: z.string().optional(),
  digest: z.string().optional(),
  tagSuffix: z.string().optional()
})

const fieldOptions = object({
  delimiter: z.string().optional(),
  index: z.int().optional(),
  encoding: z.string().optional(),
  create: z.boolean().optional()
})

const replacement = object({
  source: object({
    ...selectorFields,
    apiVersion: z.string().optional(),
    fieldPath: z.string().optional(),
    options: fieldOptions.optional()
  }).optional(),
  targets: z
    .array(
      object({
        select: selector,
        reject: z.array(selector).optional(),
        fieldPaths: z.array(z.string()).optional(),
        options: fieldOptions.optional()
      })
    )
    .optional(),
  path: z.string().optional()
})

/** Of a file that a replacement names by its path. */
export const replacementList = z.union([z.array(replacement), replacement.transform(one => [one])])

const notHere = (instead: string) =>
  refined(z.unknown().optional(), value => (value === undefined ? undefined : `not supported here; ${instead}`))
const plugin = notHere('write what it would make as resources, or run kubectl kustomize and check what it prints')

export const kustomizationSchema = object({
  apiVersion: z.enum(['kustomize.config.k8s.io/v1beta1', 'kustomize.config.k8s.io/v1alpha1', '']).optional(),
  kind: z.enum(['Kustomization', 'Component', '']).optional(),
  metadata: z.unknown().optional(),
  resources: z.array(z.string()).optional(),
  bases: z.array(z.string()).optional(),
  components: z.array(z.string()).optional(),
  namespace: z.string().optional(),
  namePrefix: z.string().optional(),
  nameSuffix: z.string().optional(),
  commonLabels: texts.optional(),
  labels: z
    .array(
      object({
        pairs: texts.optional(),
        includeSelectors: z.boolean().optional(),
        includeTemplates: z.boolean().optional(),
        fields: z.array(fieldSpec).optional()
      })
    )
    .optional(),
  commonAnnotations: texts.optional(),
  patches: z.array(patch).optional(),
  patchesStrategicMerge: z.array(z.string()).optional(),
  patchesJson6902: z.array(patch).optional(),
  images: z.array(image).optional(),
  imageTags: z.array(image).optional(),
  replicas: z.array(object({ name: z.string(), count: z.int() })).optional(),
  configMapGenerator: z.array(generator).optional(),
  secretGenerator: z.array(generator).optional(),
  generatorOptions: generatorOptions.optional(),
  replacements: z.array(replacement).optional(),
  vars: z
    .array(
      object({
        name: z.string(),
        objref: object({ ...selectorFields, apiVersion: z.string().optional() }),
        fieldref: object({ fieldpath: z.string().optional(), fieldPath: z.string().optional() }).optional()
      })
    )
    .optional(),
  // The order of the objects, and annotations that say where each came from: nothing here depends on either.
  sortOptions: z.unknown().optional(),
  buildMetadata: z.unknown().optional(),
  crds: notHere('name the fields with patches or replacements'),
  openapi: notHere('merge lists of custom resources with a JSON patch'),
  configurations: z.array(z.string()).optional(),
  generators: plugin,
  transformers: plugin,
  validators: plugin,
  helmGlobals: plugin,
  helmCharts: notHere('run helm template and list the file that it prints among the resources'),
  helmChartInflationGenerator: notHere('run helm template and list the file that it prints among the resources')
})

export type Kustomization = z.output<typeof kustomizationSchema>
export type Generator = z.output<typeof generator>
export type GeneratorOptions = z.output<typeof generatorOptions>
export type Patch = z.output<typeof patch>
export type Replacement = z.output<typeof replacement>
export type Var = NonNullable<Kustomization['vars']>[number]
