// esbuild puts imported sheets into the page's own.
declare module '*.css'
