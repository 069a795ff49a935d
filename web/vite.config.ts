import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** Smaller ones are not worth a second file. */
const WORTH_PACKING = 1024;

/** Compresses once, as well as it goes, what the server then only hands out. */
function packed(): Plugin {
  let folder = '';
  return {
    name: 'packed',
    // The gallery is built in a mode of its own: nobody downloads it.
    apply: (_, { command, mode }) => command === 'build' && mode === 'production',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const file = join(folder, name);
        if (!/\.(js|css|html|svg|json|webmanifest)$/.test(name) || statSync(file).size < WORTH_PACKING) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params }));
      }
    },
  };
}

/** Tells the service worker what the client is made of, and gives it a version that changes with any of it. */
function shell(): Plugin {
  return {
    name: 'shell',
    apply: 'build',
    closeBundle() {
      const folder = join(import.meta.dirname, 'dist');
      const hash = createHash('sha256');
      const parts: string[] = [];
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
        if (!/\.(js|css|html|svg|png|webmanifest)$/.test(name) || name === SERVICE) continue;
        hash.update(name).update(readFileSync(join(folder, name)));
        parts.push(name === 'index.html' ? '/' : `/${name.replaceAll('\\', '/')}`);
      }
      const file = join(folder, SERVICE);
      const script = readFileSync(file, 'utf8');
      const version = hash.update(script).digest('hex').slice(0, 16);
      writeFileSync(file, script.replace('%PARTS%', JSON.stringify(parts)).replace('%VERSION%', version));
    },
  };
}

const SERVICE = 'service.js';

// The server embeds what is built here and serves it at `/`, everything under `/assets/` for ever.
export default defineConfig({
  plugins: [svelte(), shell(), packed()],
  build: {
    target: 'es2022',
    // light-dark() and oklch() are kept as they are; rewritten for older browsers they would not follow the themes.
    cssTarget: ['chrome125', 'firefox128', 'safari17.5'],
    // Nothing is inlined: the content security policy allows no data: URLs but in pictures.
    assetsInlineLimit: 0,
    // Its script would be inline; browsers that we serve know modulepreload.
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: {
      input: { index: join(import.meta.dirname, 'index.html'), service: join(import.meta.dirname, 'src/worker/service.ts') },
      // Its address is where a service worker lives: it must not change.
      output: { entryFileNames: (chunk) => (chunk.name === 'service' ? SERVICE : 'assets/[name]-[hash].js') },
    },
  },
  worker: { format: 'es' },
  // `npm run dev` talks to a server that runs beside it.
  server: { fs: { allow: ['..'] }, proxy: { '/ws': { target: 'http://127.0.0.1:5280', ws: true }, '/upload': 'http://127.0.0.1:5280' } },
});
