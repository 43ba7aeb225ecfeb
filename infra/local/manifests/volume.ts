// The volumes that a Knative Service may have without a feature being switched on.
import { z } from 'zod'
import { object, refined, rule } from './schema.ts'
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
      sources: z
        .array(
          object({
            secret: projection.optional(),
            configMap: projection.optional(),
            serviceAccountToken: object({
              path: z.string(),
              audience: z.string().optional(),
              expirationSeconds: z.int().optional()
            }).optional(),
            downwardAPI: z.looseObject({}).optional()
          })
        )
        .optional()
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
    const sources = Object.entries(volume).filter(([field, value]) => field !== 'name' && value !== undefined)
    if (sources.length !== 1)
      report(
        [],
        `expected exactly one of secret, configMap, projected, emptyDir, got ${sources.length === 0 ? 'neither' : sources.length}`
      )
  }
)
