// A process that ends with whoever began it, however that one ends: also by SIGKILL, of which nobody is told.

import { spawn } from 'node:child_process';

/**
 * Something waits on a pipe from here, which breaks when this process is gone, and then ends the other.
 * @param {import('node:child_process').ChildProcess} child
 */
export function leash(child) {
  if (child.pid === undefined) return;
  const watcher = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -9 "$1" 2>/dev/null', 'leash', String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watcher.unref();
  watcher.stdin.unref?.();
  watcher.stdin.on('error', () => undefined);
  watcher.on('error', () => undefined);
  // Its number may soon be another's.
  child.once('exit', () => watcher.kill('SIGKILL'));
}
