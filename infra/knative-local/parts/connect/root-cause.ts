// What a Java stack trace is about, in one line for people.

const maxLength = 500

/** The innermost cause says what happened; the lines above it say who noticed. */
export function rootCause(trace: string | undefined): string {
  const lines = (trace ?? '').split('\n')
  const cause = lines.findLast(line => line.startsWith('Caused by: '))?.slice('Caused by: '.length) ?? lines[0]
  const withoutPackage = (cause ?? '').replace(/^(?:[a-z_$][\w$]*\.)+(?=[A-Z])/, '')
  return (
    withoutPackage
      .replaceAll(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, maxLength) || 'no reason given'
  )
}
