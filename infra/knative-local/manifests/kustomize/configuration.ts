// Which fields a build changes: kustomize's own, and those that files under `configurations` add. What a base adds counts in the
// kustomizations above it too. https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/internal/plugins/builtinconfig/transformerconfig.go
import { z } from 'zod'
import { object } from '../schema.ts'
import type { FieldSpec } from './field-paths.ts'
import * as own from './field-specs.ts'
import { fieldSpec } from './kustomization.ts'

const fieldSpecs = z.array(fieldSpec).default([])

/** A file that `configurations` names. */
export const configurationSchema = object({
  namespace: fieldSpecs,
  namePrefix: fieldSpecs,
  nameSuffix: fieldSpecs,
  labels: fieldSpecs,
  commonLabels: fieldSpecs,
  templateLabels: fieldSpecs,
  commonAnnotations: fieldSpecs,
  images: fieldSpecs,
  replicas: fieldSpecs,
  varReference: fieldSpecs,
  nameReference: z
    .array(
      object({
        group: z.string().optional(),
        version: z.string().optional(),
        kind: z.string(),
        fieldSpecs: z.array(fieldSpec).default([])
      })
    )
    .default([])
})

type Added = z.output<typeof configurationSchema>

export class Configuration {
  readonly #added: Added[] = []

  add(added: Added | Configuration): void {
    this.#added.push(...(added instanceof Configuration ? added.#added : [added]))
  }

  get namespace(): FieldSpec[] {
    return this.#of('namespace')
  }

  get namePrefix(): FieldSpec[] {
    return this.#of('namePrefix')
  }

  get nameSuffix(): FieldSpec[] {
    return this.#of('nameSuffix')
  }

  get ownLabels(): FieldSpec[] {
    return [own.ownLabels, ...this.#of('labels')]
  }

  get templateLabels(): FieldSpec[] {
    return [...own.templateLabels, ...this.#of('templateLabels')]
  }

  get selectorLabels(): FieldSpec[] {
    return [...own.selectorLabels, ...this.#of('commonLabels')]
  }

  get annotations(): FieldSpec[] {
    return [...own.annotations, ...this.#of('commonAnnotations')]
  }

  get images(): FieldSpec[] {
    return [...own.images, ...this.#of('images')]
  }

  get replicas(): FieldSpec[] {
    return [...own.replicas, ...this.#of('replicas')]
  }

  get varReferences(): FieldSpec[] {
    return [...own.varReferences, ...this.#of('varReference')]
  }

  get nameReferences(): own.NameReference[] {
    const added = this.#added.flatMap(({ nameReference }) =>
      nameReference.map(({ fieldSpecs: fields, ...target }) => ({ ...target, fields }))
    )
    return [...own.nameReferences, ...added]
  }

  #of(field: Exclude<keyof Added, 'nameReference'>): FieldSpec[] {
    return this.#added.flatMap(added => added[field])
  }
}
