// The pages, bundled in memory when they are first asked for. Names carry a digest, so a browser may keep what it has.
import { join } from 'node:path'
import { build, stop } from 'esbuild'

export interface Asset {
  readonly body: Uint8Array
  readonly contentType: string
}

export interface Web {
  /** The one document, whatever the address: the page is chosen in the browser. */
  readonly document: string
  /** By path. */
  readonly assets: ReadonlyMap<string, Asset>
}

const folder = join(import.meta.dirname, '../web')
const contentTypes: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8'
}

export async function buildWeb(): Promise<Web> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'main.tsx')],
    absWorkingDir: folder,
    outdir: folder,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    write: false
  })
  await stop() // the child process of esbuild is not needed again
  const assets = new Map(
    outputFiles.map(({ path, contents }): [string, Asset] => [
      `/assets${path.slice(folder.length)}`,
      { body: contents, contentType: contentTypes[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream' }
    ])
  )
  const [script, entry] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint !== undefined) ?? []
  return { document: documentOf(`/assets/${script}`, entry?.cssBundle && `/assets/${entry.cssBundle}`), assets }
}

function documentOf(script: string, style: string | undefined): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Console</title>
<link rel="icon" href="data:,">
${style === undefined ? '' : `<link rel="stylesheet" href="${style}">`}
<script type="module" src="${script}"></script>
</head>
<body><div id="console"><noscript>The console needs JavaScript.</noscript></div></body>
</html>
`
}
