// Numbers as Java's Double.toString and Float.toString print them: the shortest digits, as in JavaScript, in Java's layout.
// https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double)

export function javaDouble(value: number): string {
  return Number.isFinite(value) ? layOut(value, Math.abs(value).toExponential()) : String(value)
}

/** `value` must be one that a 32-bit float can hold. */
export function javaFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  // Nine significant digits always identify a 32-bit float.
  for (let digits = 0; digits < 8; digits++) {
    const text = Math.abs(value).toExponential(digits)
    if (Math.fround(Number(text)) === Math.abs(value)) return layOut(value, text)
  }
  return layOut(value, Math.abs(value).toExponential(8))
}

/** Plain notation from 10^-3 up to 10^7, otherwise one digit before the point and an exponent; always a digit after the point. */
function layOut(value: number, exponential: string): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (value === 0) return `${sign}0.0`
  const [mantissa = '0', exponentText = '0'] = exponential.split('e')
  const digits = mantissa.replace('.', '').replace(/(?<=.)0+$/, '')
  const exponent = Number(exponentText)
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const padded = digits.padEnd(exponent + 1, '0')
  return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1) || '0'}`
}
