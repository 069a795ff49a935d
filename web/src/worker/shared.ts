// One worker for all tabs, where browsers have such workers.

import { Host } from './host.ts';
import type { ToEngine } from './rpc.ts';

const host = new Host();

self.addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  if (!port) return;
  const take = host.add((message) => port.postMessage(message));
  port.onmessage = (message: MessageEvent<ToEngine>) => take(message.data);
});
