// Attribute values in `ce-` headers, as binary mode writes them.
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values
//
// A value is unquoted, then percent-decoded once. Senders that do neither are read too: a "%" without two hexadecimal
// digits stands for itself, `func invoke` sends UTF-8 as it is, and Knative's dispatcher sends Latin-1.

const quoted = /^"((?:[^"\\]|\\.)*)"$/s
const escapes = /(?:%[0-9a-f]{2})+/gi
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined when what is percent-encoded is not UTF-8. `value` is what Node makes of a header: one character a byte. */
export function attributeValue(value: string): string | undefined {
  const text = textOf(value)
  const unquoted = quoted.exec(text)?.[1]?.replace(/\\(.)/gs, '$1') ?? text
  try {
    return unquoted.replace(escapes, escaped => strictUtf8.decode(Buffer.from(escaped.replaceAll('%', ''), 'hex')))
  } catch {
    return undefined
  }
}

/** UTF-8 where the bytes are UTF-8, Latin-1 where they are not. */
function textOf(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value
  try {
    return strictUtf8.decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}
