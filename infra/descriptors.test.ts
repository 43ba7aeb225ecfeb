import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdtempDisposable, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { projectDirectory } from './bundle.ts'
import { decodedDescriptors } from './descriptors.ts'

const generated = 'schemas/generated/school/student/v1'

test('a bundle has the very descriptors that protobuf-es decodes, and reads and writes the same messages by them', async () => {
  const files = (await readdir(join(projectDirectory, generated))).map(file => `./${generated}/${file}`)
  const [decoded, original] = await Promise.all([described(files, [decodedDescriptors]), described(files, [])])
  expect(decoded).toEqual(original)
  expect(decoded.descriptors).toHaveLength(files.length + 2)
  expect(decoded.message).toContain('"seconds":"1"')
})

test('a bundle does without the descriptor of all descriptors', async () => {
  const { code } = await bundle(`export * from './${generated}/student_created_pb.ts'`, [decodedDescriptors])
  expect(code).not.toContain('FeatureSetDefaults')
  const { code: original } = await bundle(`export * from './${generated}/student_created_pb.ts'`, [])
  expect(original).toContain('FeatureSetDefaults')
})

/** Well-known types with enums, options, oneofs and nested messages are among them. */
async function described(files: readonly string[], plugins: (typeof decodedDescriptors)[]) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'descriptors-'))
  const outfile = join(folder.path, 'bundle.cjs')
  const source = `
    import { create, fromBinary, toBinary, toJson } from '@bufbuild/protobuf'
    import { FileDescriptorProtoSchema, file_google_protobuf_struct, file_google_protobuf_type } from '@bufbuild/protobuf/wkt'
    import { StudentCreatedSchema as Created } from './${generated}/student_created_pb.ts'
    import { StudentUpdatedSchema as Updated } from './${generated}/student_updated_pb.ts'
    ${files.map((file, index) => `import * as file${index} from '${file}'`).join('\n')}
    const modules = [${files.map((_, index) => `file${index}`).join()}]
    const described = modules.flatMap(module => Object.values(module)).filter(({ kind }) => kind === 'file')
    const descriptors = [...described, file_google_protobuf_struct, file_google_protobuf_type].map(({ proto }) => [
      JSON.stringify(proto), Buffer.from(toBinary(FileDescriptorProtoSchema, proto)).toString('base64')
    ])
    const bytes = toBinary(Created, create(Created, { id: 'one', version: 7, occurredAt: { seconds: 1n, nanos: 2 } }))
    const message = JSON.stringify({ ...fromBinary(Updated, bytes) }, (_, value) => typeof value === 'bigint' ? String(value) : value)
    console.log(JSON.stringify({ descriptors, message, json: toJson(Created, fromBinary(Created, bytes)) }))`
  await bundle(source, plugins, outfile)
  const { stdout } = await promisify(execFile)(process.execPath, [outfile])
  return JSON.parse(stdout) as { descriptors: [string, string][]; message: string; json: object }
}

async function bundle(contents: string, plugins: (typeof decodedDescriptors)[], outfile?: string) {
  const { outputFiles = [] } = await build({
    stdin: { contents, resolveDir: projectDirectory },
    ...(outfile === undefined ? { write: false } : { outfile }),
    absWorkingDir: projectDirectory,
    bundle: true,
    platform: 'node',
    plugins
  })
  return { code: outputFiles[0]?.text ?? '' }
}
