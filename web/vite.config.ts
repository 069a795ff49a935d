import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The server embeds what is built here and serves it at `/`, everything under `/assets/` for ever.
export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // Nothing is inlined: the content security policy allows no data: URLs but in pictures.
    assetsInlineLimit: 0,
    // Its script would be inline; browsers that we serve know modulepreload.
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  worker: { format: 'es' },
  // `npm run dev` talks to a server that runs beside it.
  server: { proxy: { '/ws': { target: 'http://127.0.0.1:5280', ws: true }, '/upload': 'http://127.0.0.1:5280' } },
});
