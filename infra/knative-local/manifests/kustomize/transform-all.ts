// What a kustomization does to its objects once they are there, field by field, in kustomize's order.
// https://github.com/kubernetes-sigs/kustomize/blob/api/v0.18.0/api/internal/target/kusttarget_configplugin.go
import { checkSchema } from '../schema.ts'
import type { BuildFiles } from './build-files.ts'
import { replacementList, type Kustomization } from './kustomization.ts'
import { applyPatch } from './patch.ts'
import { isInline, patchDocuments } from './patch-documents.ts'
import type { Place } from './places.ts'
import { replace } from './replace.ts'
import type { Target } from './target.ts'
import { addAffix, addTexts, labelFields, setImage, setNamespace, setReplicas } from './transform.ts'

export async function transformAll(files: BuildFiles, target: Target): Promise<void> {
  const { directory, kustomization: k, resources, configuration, step } = target
  const each = async <Item>(field: keyof Kustomization, action: (item: Item, place: Place) => Promise<void> | void) => {
    for (const [index, item] of ((k[field] ?? []) as Item[]).entries())
      await files.attempt(step(field, index), () => action(item, step(field, index)))
  }
  const once = (field: keyof Kustomization, action: () => void) => files.attempt(step(field), action)

  await each<string>('patchesStrategicMerge', async (text, place) => {
    applyPatch(
      resources,
      {},
      await patchDocuments(files, directory, isInline(text) ? { patch: text } : { path: text }, place)
    )
  })
  await each<NonNullable<Kustomization['patches']>[number]>('patches', async (patch, place) => {
    applyPatch(resources, patch, await patchDocuments(files, directory, patch, place))
  })
  if (k.namespace) await once('namespace', () => setNamespace(resources, k.namespace ?? '', configuration.namespace))
  if (k.namePrefix)
    await once('namePrefix', () => addAffix(resources, 'prefixes', k.namePrefix ?? '', configuration.namePrefix))
  if (k.nameSuffix)
    await once('nameSuffix', () => addAffix(resources, 'suffixes', k.nameSuffix ?? '', configuration.nameSuffix))
  await each<NonNullable<Kustomization['labels']>[number]>('labels', label =>
    addTexts(resources, label.pairs ?? {}, labelFields(label, configuration))
  )
  if (k.commonLabels) addTexts(resources, k.commonLabels, configuration.selectorLabels)
  if (k.commonAnnotations) addTexts(resources, k.commonAnnotations, configuration.annotations)
  await each<NonNullable<Kustomization['patches']>[number]>('patchesJson6902', async (patch, place) => {
    applyPatch(resources, patch, await patchDocuments(files, directory, patch, place))
  })
  await each<NonNullable<Kustomization['replicas']>[number]>('replicas', ({ name, count }) =>
    setReplicas(resources, name, count, configuration.replicas)
  )
  for (const field of ['images', 'imageTags'] as const)
    await each<NonNullable<Kustomization['images']>[number]>(field, image =>
      setImage(resources, image, configuration.images)
    )
  await each<NonNullable<Kustomization['replacements']>[number]>('replacements', async (replacement, place) => {
    if (replacement.path === undefined) return replace(resources, replacement)
    const [document] = await files.parse(await files.fileOf(directory, replacement.path, place))
    const list = document && checkSchema(replacementList, { document, path: [] }, [], document.value, files.problems)
    for (const one of list ?? []) replace(resources, one)
  })
}
