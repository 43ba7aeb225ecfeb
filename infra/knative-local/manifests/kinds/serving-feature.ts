import { z } from 'zod'
import { refined } from '../schema.ts'

/** A field of the custom resource definition that the webhook refuses unless a feature is switched on; none is by default. https://knative.dev/docs/serving/configuration/feature-flags/ */
export function behindFeature(feature: string) {
  return refined(z.unknown().optional(), value =>
    value === undefined || value === false || value === ''
      ? undefined
      : `must not be set: Knative allows it only with the feature ${feature}, which is off by default`
  )
}
