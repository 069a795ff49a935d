// Where there are no shared workers each tab has one of these; the one that gets the lock is the engine, and
// all tabs talk to it over a channel.

import { Host } from './host.ts';
import type { ToEngine } from './rpc.ts';

void navigator.locks.request('skein-engine', () => {
  const host = new Host();
  const channel = new BroadcastChannel('skein');
  const tabs = new Map<string, (message: ToEngine) => void>();
  channel.onmessage = ({ data }: MessageEvent<{ to: string; from: string; message: ToEngine }>) => {
    if (data.to !== 'engine') return;
    let take = tabs.get(data.from);
    if (!take) {
      take = host.add((message) => channel.postMessage({ to: data.from, message }));
      tabs.set(data.from, take);
    }
    take(data.message);
    if (data.message.kind === 'bye') tabs.delete(data.from);
  };
  channel.postMessage({ to: '*', message: { kind: 'hello' } });
  // Held as long as this worker lives.
  return new Promise(() => undefined);
});
