// Certificates for tests, made by openssl when they are needed: none lies in the repository, and none expires there.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificate {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface Authority {
  readonly certificate: string
  /** With `days` below 0 it has expired. */
  issue(commonName: string, days?: number, names?: string): Promise<Certificate>
}

/** What a certificate is for, unless somebody says otherwise; as OpenSSL writes subjectAltName. */
const ofThisMachine = 'IP:127.0.0.1,DNS:localhost'
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** Its key is removed with `remove`. */
export async function createAuthority(name: string): Promise<Authority & { remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'))
  const openssl = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: folder })
  const read = (file: string) => readFile(join(folder, file), 'utf8')
  await openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', `/CN=${name}`)
  let issued = 0
  return {
    certificate: await read('ca.crt'),
    issue: async (commonName, days = 2, names = ofThisMachine) => {
      const file = `leaf-${++issued}`
      await writeFile(join(folder, `${file}.names`), `subjectAltName=${names}\n`)
      await openssl(
        'req',
        '-new',
        ...newKey,
        '-keyout',
        `${file}.key`,
        '-out',
        `${file}.csr`,
        '-subj',
        `/CN=${commonName}`
      )
      const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', String(issued), '-extfile', `${file}.names`]
      await openssl('x509', '-req', '-in', `${file}.csr`, '-out', `${file}.crt`, '-days', String(days), ...signing)
      return { certificate: await read(`${file}.crt`), key: await read(`${file}.key`) }
    },
    remove: () => rm(folder, { recursive: true, force: true })
  }
}
