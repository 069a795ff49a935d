import { defineConfig } from 'vitest/config';

// Journeys share one machine of two cores: one file after the other.
export default defineConfig({
  test: {
    // What fails beside others and passes at once is a race, named in the report and to be mended; it must not cost a landing.
    retry: 1,
    root: import.meta.dirname, include: ['**/*.e2e.ts'], testTimeout: 60_000, hookTimeout: 90_000, fileParallelism: false,
    // Firefox is spoken to over a WebSocket, which Node 20 hides behind this.
    execArgv: ['--experimental-websocket'],
  },
});
