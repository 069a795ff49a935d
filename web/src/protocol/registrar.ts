// Accounts made before login (XEP-0077, with an invitation XEP-0445), over a stream of its own.

import { IqError, type World } from './connection.ts';
import { readError } from './message.ts';
import { NS } from './ns.ts';
import { StreamManagement } from './management.ts';
import { Stream } from './stream.ts';
import { x, type XmlElement } from './xml.ts';

const TIMEOUT_MS = 20_000;

/** Opens a stream, asks one after the other, closes it. Rejects with IqError. */
export function beforeLogin(world: World, url: string, domain: string, requests: { type: 'get' | 'set'; payload: XmlElement }[]): Promise<XmlElement[]> {
  return new Promise((resolve, reject) => {
    const socket = world.socket(url);
    const answers: XmlElement[] = [];
    const end = (then: () => void): void => {
      cancel();
      socket.onclose = null;
      stream.close();
      socket.close();
      then();
    };
    const cancel = world.timer(TIMEOUT_MS, () => end(() => reject(new IqError('remote-server-timeout'))));
    const ask = (): void => {
      const request = requests[answers.length];
      if (request) stream.send(x('iq', NS.client, { type: request.type, id: `b${answers.length}`, to: domain }, request.payload));
      else end(() => resolve(answers));
    };
    const stream = new Stream({ domain, agent: { id: world.nonce(), software: 'Skein', device: 'Web' }, management: new StreamManagement(), nonce: world.nonce }, {
      send: (frame) => socket.send(frame),
      features: ask,
      token: () => undefined,
      live: () => undefined,
      stanza: (stanza) => {
        if (stanza.attr('id') !== `b${answers.length}`) return;
        if (stanza.attr('type') === 'result') {
          answers.push(stanza);
          ask();
          return;
        }
        const error = readError(stanza.child('error'));
        end(() => reject(new IqError(error.condition, error.text)));
      },
      failed: () => end(() => reject(new IqError('offline'))),
    });
    socket.onopen = () => stream.open();
    socket.onmessage = (event) => void (typeof event.data === 'string' && stream.receive(event.data));
    socket.onclose = () => end(() => reject(new IqError('offline')));
  });
}
