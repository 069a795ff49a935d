// What a run of journeys began does not outlive it, even if the run itself is killed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from './harness.ts';

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a server ends with the run that began it, also when that is killed', async () => {
  const script = `import { spawn } from 'node:child_process'; import { leash } from ${JSON.stringify(join(import.meta.dirname, 'leash.mjs'))};
    const server = spawn('sleep', ['600'], { stdio: 'ignore' }); leash(server); console.log(server.pid); setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [told] = (await once(run.stdout, 'data')) as [Buffer];
  const pid = Number(String(told));
  expect(isThere(pid)).toBe(true);
  run.kill('SIGKILL');
  await until(async () => !isThere(pid), 'what it began is gone');
});
