import { defineConfig } from 'vitest/config';

// Journeys share one machine of two cores: one file after the other.
export default defineConfig({
  test: {
    root: import.meta.dirname, include: ['**/*.e2e.ts'], testTimeout: 60_000, hookTimeout: 90_000, fileParallelism: false,
    // Firefox is spoken to over a WebSocket, which Node 20 hides behind this.
    execArgv: ['--experimental-websocket'],
  },
});
