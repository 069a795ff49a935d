import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  test: {
    include: ['src/**/*.test.ts'],
    testTimeout: 20_000,
    // The tokens are read in a test; else style is none of its business.
    css: { include: [/tokens\.css/] },
  },
});
