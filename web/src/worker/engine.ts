// The script of the engine, in whichever kind of worker the browser has: one shared by all tabs, or one in each
// tab of which the first is the engine and the others wait. There is never a second engine on the same data: a
// newer version of this script, in a tab that was opened after an update, makes the old one give way.

import { Host } from './host.ts';
import type { ToEngine } from './rpc.ts';

const NAME = 'skein-engine';
const version = self.location.pathname;
const turns = new BroadcastChannel(NAME);
const isShared = 'onconnect' in self;
const early: MessagePort[] = [];
let open = (port: MessagePort): void => void early.push(port);

/** Tabs come by ports. */
function servePorts(host: Host): void {
  open = (port) => {
    const take = host.add((message) => port.postMessage(message));
    port.onmessage = (message: MessageEvent<ToEngine>) => take(message.data);
  };
  early.splice(0).forEach(open);
}

/** Tabs speak over a channel that all of them hear. */
function serveChannel(host: Host): void {
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
}

self.addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (port) open(port);
});

// Held as long as this worker lives, or until a newer version comes.
void navigator.locks.request(NAME, () => new Promise<void>((release) => {
  const host = new Host();
  turns.onmessage = ({ data }) => {
    if (data === version) return;
    turns.close();
    host.end();
    release();
  };
  if (isShared) servePorts(host);
  else serveChannel(host);
}));
turns.postMessage(version);
