// The volumes that a Knative Service may have without a feature being switched on.
import { z } from 'zod'
import { object, refined, rule, type Report } from '../schema.ts'
import { behindFeature } from './serving-feature.ts'

const items = z.array(
  object({
    key: z.string().min(1, 'missing field'),
    path: z.string().min(1, 'missing field'),
    mode: z.int32().optional()
  })
)
const projection = object({
  name: z.string().min(1, 'missing field'),
  optional: z.boolean().optional(),
  items: items.optional()
})

const downwardItem = rule(
  object({
    path: z.string().min(1, 'missing field'),
    mode: z.int32().optional(),
    fieldRef: object({ apiVersion: z.string().optional(), fieldPath: z.string() }).optional(),
    resourceFieldRef: object({
      containerName: z.string().optional(),
      divisor: z.union([z.string(), z.int()]).optional(),
      resource: z.string()
    }).optional()
  }),
  (item, report) => onlyOne(item, ['fieldRef', 'resourceFieldRef'], report)
)

const projectedSource = rule(
  object({
    secret: projection.optional(),
    configMap: projection.optional(),
    serviceAccountToken: object({
      path: z.string().min(1, 'missing field'),
      audience: z.string().optional(),
      expirationSeconds: z.int().optional()
    }).optional(),
    downwardAPI: object({ items: z.array(downwardItem).optional() }).optional()
  }),
  (source, report) => onlyOne(source, ['secret', 'configMap', 'serviceAccountToken', 'downwardAPI'], report)
)

export const volumeSchema = rule(
  object({
    name: refined(z.string(), name =>
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
        ? undefined
        : `invalid value: "${name}"; a volume's name holds lower case letters, digits and '-'`
    ),
    secret: object({
      secretName: z.string().optional(),
      optional: z.boolean().optional(),
      defaultMode: z.int32().optional(),
      items: items.optional()
    }).optional(),
    configMap: object({
      name: z.string().optional(),
      optional: z.boolean().optional(),
      defaultMode: z.int32().optional(),
      items: items.optional()
    }).optional(),
    projected: object({
      defaultMode: z.int32().optional(),
      sources: z.array(projectedSource).optional()
    }).optional(),
    emptyDir: rule(
      object({ medium: z.string().optional(), sizeLimit: z.unknown().optional() }),
      ({ medium }, report) => {
        if (medium !== undefined && medium !== '' && medium !== 'Memory')
          report(['medium'], `invalid value: "${medium}"; use Memory, or leave it out`)
      }
    ).optional(),
    persistentVolumeClaim: behindFeature('kubernetes.podspec-persistent-volume-claim'),
    hostPath: behindFeature('kubernetes.podspec-volumes-hostpath'),
    csi: behindFeature('kubernetes.podspec-volumes-csi'),
    ephemeral: behindFeature('kubernetes.podspec-volumes-ephemeral'),
    image: behindFeature('kubernetes.podspec-volumes-image')
  }),
  (volume, report) => {
    const guarded = ['persistentVolumeClaim', 'hostPath', 'csi', 'ephemeral', 'image'] as const
    if (guarded.some(source => volume[source] !== undefined)) return
    onlyOne(volume, ['secret', 'configMap', 'projected', 'emptyDir'], report)
  }
)

function onlyOne<Field extends string>(
  value: Readonly<Partial<Record<Field, unknown>>>,
  fields: readonly Field[],
  report: Report
): void {
  const count = fields.filter(field => value[field] !== undefined).length
  if (count !== 1) report([], `expected exactly one of ${fields.join(', ')}, got ${count === 0 ? 'neither' : count}`)
}
