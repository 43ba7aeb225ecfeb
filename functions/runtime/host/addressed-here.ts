// On a laptop a function listens on loopback, and a page in a browser reaches it there under a name of its own (DNS rebinding).

/** Names that lead to this machine, and those of Services, which nobody else can own. */
const here =
  /^(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|[a-z0-9.-]+\.svc(?:\.cluster\.local)?)\.?(?::\d*)?$/i

/** Whether a server that listens at `address` is meant by `host`. In a pod, which listens on all addresses, any name may be. */
export function isAddressedHere(address: string, host: string | undefined): boolean {
  const onLoopback = address.startsWith('127.') || address === '::1'
  return !onLoopback || host === undefined || here.test(host)
}
