/** A text without the user and password of addresses in it: what failed, or was logged, may name one. */
export function withoutPasswords(text: string): string {
  return text.replace(/:\/\/[^/\s@]+@/g, '://')
}
