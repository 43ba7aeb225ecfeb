// The part of Kubernetes' JSONPath that columns of custom resource definitions use: `.a.b`, `.a['b\.c']`, `.a[*]`, `.a[?(@.b=="c")]`.
// https://kubernetes.io/docs/reference/kubectl/jsonpath/
import { isRecord } from '../manifests/is-record.ts'

/** The first thing found, as a column shows no more. */
export function firstAtPath(value: unknown, path: string): unknown {
  let found: unknown[] = [value]
  let rest = path
  while (rest !== '') {
    const step =
      /^\.((?:\\.|[^.[\\])+)|^\['((?:\\.|[^'\\])+)'\]|^\[(\*)\]|^\[\?\(@((?:\.[\w-]+)+)==(?:"([^"]*)"|'([^']*)')\)\]/.exec(
        rest
      )
    if (step === null) throw new Error(`JSONPath ${path} is unknown from "${rest}"`)
    const [matched, field, quoted, star, filterPath, double, single] = step
    const name = (field ?? quoted)?.replaceAll(/\\(.)/g, '$1')
    if (name !== undefined) found = found.flatMap(item => (isRecord(item) && name in item ? [item[name]] : []))
    else if (star !== undefined) found = found.flatMap(item => (Array.isArray(item) ? item : []))
    else if (filterPath !== undefined) {
      const wanted = double ?? single
      found = found.flatMap(item =>
        Array.isArray(item) ? item.filter(entry => firstAtPath(entry, filterPath) === wanted) : []
      )
    }
    rest = rest.slice(matched.length)
  }
  return found[0]
}
