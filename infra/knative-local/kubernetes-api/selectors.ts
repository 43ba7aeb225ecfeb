// labelSelector and fieldSelector. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
import type { ServedObject } from './served-objects.ts'

export type Selector = (object: ServedObject) => boolean

export class InvalidSelector extends Error {}

export function labelSelector(text: string): Selector {
  const requirements = splitOutsideBrackets(text)
    .map(part => part.trim())
    .filter(part => part !== '')
    .map(labelRequirement)
  return object => requirements.every(requirement => requirement(object.metadata.labels ?? {}))
}

export function fieldSelector(text: string): Selector {
  const requirements = text
    .split(',')
    .filter(part => part !== '')
    .map(part => {
      const match = /^([\w.]+)(==|=|!=)(.*)$/.exec(part)
      if (match === null) throw new InvalidSelector(`invalid field selector: "${part}"`)
      const [, field, operator, value] = match
      if (field !== 'metadata.name' && field !== 'metadata.namespace')
        throw new InvalidSelector(`field label not supported: ${field}`)
      return ({ metadata }: ServedObject) =>
        ((field === 'metadata.name' ? metadata.name : (metadata.namespace ?? '')) === value) === (operator !== '!=')
    })
  return object => requirements.every(requirement => requirement(object))
}

/** Commas inside brackets belong to a set. One pass: the text is a caller's, up to 16 KiB. */
function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = []
  let begin = 0
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '(') depth++
    else if (text[index] === ')') depth--
    else if (text[index] === ',' && depth <= 0) {
      parts.push(text.slice(begin, index))
      begin = index + 1
    }
  }
  return [...parts, text.slice(begin)]
}

type Labels = Readonly<Record<string, string>>

function labelRequirement(text: string): (labels: Labels) => boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text)
  if (set !== null) {
    const [, key = '', operator, list = ''] = set
    const values = new Set(list.split(',').map(value => value.trim()))
    // A label that is missing is in no set.
    return labels => (Object.hasOwn(labels, key) && values.has(labels[key] ?? '')) === (operator === 'in')
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text)
  if (equality !== null) {
    const [, key = '', operator, value] = equality
    return labels => (Object.hasOwn(labels, key) && labels[key] === value) === (operator !== '!=')
  }
  const existence = /^(!?)\s*([^=!\s]+)$/.exec(text)
  if (existence === null) throw new InvalidSelector(`unable to parse requirement: "${text}"`)
  const [, not, key = ''] = existence
  return labels => Object.hasOwn(labels, key) === (not === '')
}
