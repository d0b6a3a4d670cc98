// size.js - what a page pays for the core: bundled with what it needs, minified, gzipped
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const MAX_BYTES = 3 * 1024;
const bundle = buildSync({
  stdin: {
    contents: 'export * from "./src/index.ts"',
    resolveDir: fileURLToPath(new URL(".", import.meta.url)),
  },
  bundle: true,
  minify: true,
  format: "esm",
  write: false,
});
const size = gzipSync(bundle.outputFiles[0].contents, { level: 9 }).length;
console.log(`@sheaf/client: ${size} bytes gzipped, of at most ${MAX_BYTES}`);
process.exit(size <= MAX_BYTES ? 0 : 1);
