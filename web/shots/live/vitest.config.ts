import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { root: import.meta.dirname, include: ['*.shots.ts'], testTimeout: 400_000, hookTimeout: 120_000, fileParallelism: false } });
