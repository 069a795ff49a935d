import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { root: import.meta.dirname, include: ['**/*.bench.ts'], testTimeout: 240_000, hookTimeout: 120_000, fileParallelism: false },
});
