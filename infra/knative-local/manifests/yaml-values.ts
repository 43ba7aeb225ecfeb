// What unquoted text stands for, as kubectl's parser has it: neither YAML 1.1 nor 1.2 to the letter.
// https://github.com/kubernetes-sigs/yaml/blob/v1.4.0/goyaml.v2/resolve.go
import { isAlias, isMap, isSeq, Scalar, type ScalarTag, type Tags, type YAMLMap } from 'yaml'

type Context = Parameters<YAMLMap['toJSON']>[1]

const whole = /^[-+]?(?:0|[1-9][0-9]*|0[0-7]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/
const decimal = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const named: Readonly<Record<string, number>> = {
  '.inf': Infinity,
  '+.inf': Infinity,
  '-.inf': -Infinity,
  '.nan': Number.NaN
}

/** A number, or the text itself when it is none: `e5` and `.` are texts, `0o17` and `017` are 15. */
export function numberOf(text: string): number | bigint | string {
  const special = /^[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)$/.test(text) ? named[text.toLowerCase()] : undefined
  if (special !== undefined) return special
  // Underscores separate digits, but not in what starts with a dot.
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '')
  if (whole.test(plain)) {
    const [sign, digits] = plain.startsWith('-') ? [-1n, plain.slice(1)] : [1n, plain.replace(/^\+/, '')]
    const number = sign * BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
    if (number >= -(2n ** 63n) && number < 2n ** (plain === digits ? 64n : 63n)) return number
  }
  const number = decimal.test(plain) ? Number(plain) : Number.NaN
  return Number.isFinite(number) ? number : text
}

const couldBeNumber = /^[-+.0-9]/

function asNumber(text: string, onError: (message: string) => void): number | bigint | string {
  const number = numberOf(text)
  if (typeof number === 'string') onError(`"${text}" is no number`)
  return number
}

const int: ScalarTag = { tag: 'tag:yaml.org,2002:int', resolve: asNumber }
const float: ScalarTag = { tag: 'tag:yaml.org,2002:float', resolve: (text, onError) => Number(asNumber(text, onError)) }
const unquotedNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: couldBeNumber,
  resolve: text => numberOf(text)
}

/** The bytes, as text. */
const binary: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve(text, onError) {
    const compact = text.replaceAll(/\s/g, '')
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) onError('this is no base64')
    return Buffer.from(compact, 'base64').toString('utf8')
  }
}

/** `<<` puts fields of another object in place of those above it, and gives way to those below. */
const merge: ScalarTag = {
  tag: 'tag:yaml.org,2002:merge',
  default: 'key',
  test: /^<<$/,
  identify: value => value === '<<',
  resolve: () => Object.assign(new Scalar('<<'), { addToJSMap: mergeInto })
}

function mergeInto(context: Context, object: unknown, value: unknown): void {
  const source = resolved(context, value)
  // The first of several wins.
  for (const one of isSeq(source) ? source.items.toReversed() : [source]) {
    const map = resolved(context, one)
    if (!isMap(map)) throw new Error('<<: takes an object, or a list of objects')
    for (const [key, field] of map.toJSON(null, context, Map) as Map<unknown, unknown>) {
      if (object instanceof Map) object.set(key, field)
      else
        Object.defineProperty(object, String(key), {
          value: field,
          writable: true,
          enumerable: true,
          configurable: true
        })
    }
  }
}

function resolved(context: Context, value: unknown): unknown {
  return context && isAlias(value) ? value.resolve(context.doc, context) : value
}

/** `1:30` and `2026-01-01` stay text; sets and ordered maps are what they are written as. */
const replaced = /^tag:yaml\.org,2002:(?:int|float|binary|timestamp|set|omap|pairs)$/

/** The values of kubectl, made from those of YAML 1.1. */
export function kubectlTags(tags: Tags): Tags {
  return [...withoutReplaced(tags, /:merge$/), merge, unquotedNumber, int, float, binary]
}

/** Kustomize reads objects as YAML 1.2 does: an unquoted `yes` is text, and `<<` gives way to the fields around it. */
export function kustomizeTags(tags: Tags): Tags {
  return [...withoutReplaced(tags, /:bool$/), 'bool', unquotedNumber, int, float, binary]
}

function withoutReplaced(tags: Tags, also: RegExp): Tags {
  return tags.filter(tag => typeof tag === 'string' || !(replaced.test(tag.tag) || also.test(tag.tag)))
}
