// The fields of a kustomization as Go's JSON reads them: capitals do not count, and nothing is the same as no field.
import { isRecord } from '../is-record.ts'

const names = `
  apiVersion kind metadata resources bases components namespace namePrefix nameSuffix commonLabels
  labels pairs includeSelectors includeTemplates fields commonAnnotations annotations patches patch
  path target options allowNameChange allowKindChange patchesStrategicMerge patchesJson6902 images
  imageTags name newName newTag digest tagSuffix replicas count configMapGenerator secretGenerator
  behavior files literals envs env type generatorOptions disableNameSuffixHash immutable replacements
  source targets select reject fieldPath fieldPaths delimiter index encoding create group version
  labelSelector annotationSelector vars objref fieldref sortOptions buildMetadata crds openapi
  configurations generators transformers validators nameReference fieldSpecs varReference
  templateLabels helmCharts helmGlobals
`
const canonical = new Map(
  names
    .trim()
    .split(/\s+/)
    .map(name => [name.toLowerCase(), name])
)

/** Of these the fields are names that a person chose. */
const maps = new Set(['commonLabels', 'commonAnnotations', 'labels', 'annotations', 'pairs', 'metadata'])

export function goFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goFields)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([written, field]) => {
      if (field === null) return []
      const name = canonical.get(written.toLowerCase()) ?? written
      return [[name, maps.has(name) && isRecord(field) ? withoutNulls(field) : goFields(field)]]
    })
  )
}

/** A text that is not there is an empty one. */
function withoutNulls(map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([name, text]) => [name, text ?? '']))
}
