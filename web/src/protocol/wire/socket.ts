// A WebSocket that speaks the compact binding where the server offers it, and XML where not. To the stream
// both are the same: frames of XML.

import type { Socket } from '../connection.ts';
import { parse } from '../xml.ts';
import { decode, encode } from './codec.ts';
import type { Own } from './value.ts';

const WIRE = 'skein-wire-1';

/** What of a browser's WebSocket is needed. */
export interface Raw {
  readonly protocol: string;
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export function openSocket(url: string, make: (url: string, protocols: string[]) => Raw): Socket {
  const raw = make(url, [WIRE, 'xmpp']);
  raw.binaryType = 'arraybuffer';
  let own: Own | undefined;
  const socket: Socket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => raw.send(raw.protocol === WIRE ? encode(parse(text), own) : text),
    close: () => raw.close(),
  };
  const take = (data: unknown): void => {
    if (!(data instanceof ArrayBuffer) || data.byteLength === 0) return;
    const decoded = decode(new Uint8Array(data), own);
    if ('own' in decoded) own = decoded.own;
    else socket.onmessage?.({ data: decoded.xml });
  };
  raw.onopen = () => socket.onopen?.();
  raw.onclose = () => socket.onclose?.();
  raw.onmessage = (event) => {
    if (raw.protocol !== WIRE) return socket.onmessage?.(event);
    try {
      take(event.data);
    } catch {
      // What cannot be read would be missing: better another stream, which resumes.
      raw.close();
    }
  };
  return socket;
}
