import { expect, test } from 'vitest';
import { fromBase64, toBase64, utf8 } from '../util/bytes.ts';
import { Connection, type Listener, type Socket } from './connection.ts';
import { StreamManagement } from './management.ts';
import { NS } from './ns.ts';
import { hmac } from './scram.ts';
import { Stream, type Credentials, type StreamFailure } from './stream.ts';
import { parse, type XmlElement } from './xml.ts';

const FEATURES = `<stream:features xmlns:stream='http://etherx.jabber.org/streams'>
  <authentication xmlns='urn:xmpp:sasl:2'><mechanism>SCRAM-SHA-256</mechanism>
    <inline><sm xmlns='urn:xmpp:sm:3'/><bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:sm:3'/><feature var='urn:xmpp:carbons:2'/></inline></bind>
      <fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-NONE</mechanism></fast></inline></authentication></stream:features>`;

interface Talk {
  stream: Stream;
  sent: XmlElement[];
  told: string[];
  failures: StreamFailure[];
}

function talk(credentials: Credentials, management = new StreamManagement(), isEager = false): Talk {
  const sent: XmlElement[] = [];
  const told: string[] = [];
  const failures: StreamFailure[] = [];
  const stream = new Stream({ domain: 'example.org', credentials, agent: { id: 'agent', software: 'Skein', device: 'Web' }, management, nonce: () => 'nonce', isEager }, {
    send: (frame) => void sent.push(parse(frame)),
    token: (token) => void told.push(`token ${token}`),
    live: (jid, resumed) => void told.push(`live ${jid} ${resumed}`),
    stanza: (stanza) => void told.push(stanza.name),
    failed: (failure) => void failures.push(failure),
  });
  stream.open();
  return { stream, sent, told, failures };
}

const OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0'/>";
const success = async (token: string, inner: string): Promise<string> =>
  `<success xmlns='urn:xmpp:sasl:2'><additional-data>${toBase64(await hmac(utf8(token), utf8('Responder')))}</additional-data><authorization-identifier>a@example.org/Skein.1</authorization-identifier>${inner}</success>`;
const BOUND = "<bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:xmpp:sm:3' id='s1' resume='true'/></bound>";

test('with a token the login is one exchange: proof, resumption and binding in one element', async () => {
  const { stream, sent, told } = talk({ user: 'a', token: 'secret' });
  await stream.receive(OPEN);
  await stream.receive(FEATURES);
  const login = sent[1];
  expect(login?.attr('mechanism')).toBe('HT-SHA-256-NONE');
  expect(login?.child('fast', NS.fast)).toBeDefined();
  expect(login?.child('bind', NS.bind2)?.child('enable', NS.sm)?.attr('resume')).toBe('true');
  const proof = fromBase64(login?.textOf('initial-response') ?? '');
  expect([...proof.slice(2)]).toEqual([...(await hmac(utf8('secret'), utf8('Initiator')))]);
  await stream.receive(await success('secret', BOUND));
  expect(told).toEqual(['live a@example.org/Skein.1 false']);
});

test('an eager login is sent before the server has said a word, and goes on as any other', async () => {
  const { stream, sent, told } = talk({ user: 'a', token: 'secret' }, new StreamManagement(), true);
  await stream.receive(OPEN);
  expect(sent.map((element) => element.name)).toEqual(['open', 'authenticate']);
  await stream.receive(FEATURES);
  await stream.receive(await success('secret', BOUND));
  expect(sent).toHaveLength(2);
  expect(told).toEqual(['live a@example.org/Skein.1 false']);
});

test('an eager login to a server that takes no tokens any more fails, to be tried the slow way', async () => {
  const { stream, failures } = talk({ user: 'a', token: 'secret' }, new StreamManagement(), true);
  await stream.receive(FEATURES.replace(/<fast.*?<\/fast>/s, ''));
  expect(failures).toEqual([{ kind: 'stream', condition: 'no-mechanism' }]);
});

test('a server that does not know the token is not believed', async () => {
  const { stream, told, failures } = talk({ user: 'a', token: 'secret' });
  await stream.receive(FEATURES);
  await stream.receive(await success('other', BOUND));
  expect(told).toEqual([]);
  expect(failures[0]?.kind).toBe('protocol');
});

test('what was not acknowledged is sent again after a resumption, in order, and only that', async () => {
  const management = new StreamManagement();
  const first = talk({ user: 'a', token: 'secret' }, management);
  await first.stream.receive(FEATURES);
  await first.stream.receive(await success('secret', BOUND));
  const durable: boolean[] = [];
  for (const id of ['1', '2', '3']) management.sent(`<message xmlns='jabber:client' id='${id}'/>`, (isDurable) => void durable.push(isDurable));
  await first.stream.receive("<a xmlns='urn:xmpp:sm:3' h='1'/>");
  await first.stream.receive("<message xmlns='jabber:client'/>");
  const second = talk({ user: 'a', token: 'secret' }, management);
  await second.stream.receive(FEATURES);
  const resume = second.sent[1]?.child('resume', NS.sm);
  expect([resume?.attr('previd'), resume?.attr('h')]).toEqual(['s1', '1']);
  await second.stream.receive(await success('secret', "<resumed xmlns='urn:xmpp:sm:3' previd='s1' h='2'/>"));
  expect(second.told).toEqual(['live a@example.org/Skein.1 true']);
  expect(second.sent.slice(2).map((element) => element.attr('id') ?? element.name)).toEqual(['3', 'r']);
  expect(durable).toEqual([true, true]);
});

test('when nothing can be resumed, the server still says how much it has, and the rest is told to be unknown', async () => {
  const management = new StreamManagement();
  const first = talk({ user: 'a', token: 'secret' }, management);
  await first.stream.receive(FEATURES);
  await first.stream.receive(await success('secret', BOUND));
  const durable: boolean[] = [];
  for (const id of ['1', '2']) management.sent(`<message xmlns='jabber:client' id='${id}'/>`, (isDurable) => void durable.push(isDurable));
  const second = talk({ user: 'a', token: 'secret' }, management);
  await second.stream.receive(FEATURES);
  await second.stream.receive(await success('secret', `<failed xmlns='urn:xmpp:sm:3' h='1'/>${BOUND.replace('s1', 's2')}`));
  expect(durable).toEqual([true, false]);
  expect(second.told).toEqual(['live a@example.org/Skein.1 false']);
});

test('counts go around at 2^32, and one that was never reached is passed over', () => {
  const management = new StreamManagement();
  management.enabled(parse("<enabled xmlns='urn:xmpp:sm:3' id='s' resume='true'/>"));
  management.acknowledged(parse("<a xmlns='urn:xmpp:sm:3' h='7'/>"));
  expect(management.waiting).toBe(0);
  management.sent('<message/>');
  for (const h of ['2', '-1', '4294967296', 'x', '1.5']) management.acknowledged(parse(`<a xmlns='urn:xmpp:sm:3' h='${h}'/>`));
  expect(management.waiting).toBe(1);
  management.acknowledged(parse("<a xmlns='urn:xmpp:sm:3' h='1'/>"));
  expect(management.waiting).toBe(0);
});

test('a stanza counts as handled when its work is done and all before it are', async () => {
  const management = new StreamManagement();
  management.enabled(parse("<enabled xmlns='urn:xmpp:sm:3' id='s' resume='true'/>"));
  let finish = (): void => undefined;
  management.handling(new Promise((done) => (finish = () => done())), () => undefined);
  management.handling(undefined, () => undefined);
  expect(management.answer(true)).toContain('h="0"');
  finish();
  await Promise.resolve();
  await Promise.resolve();
  expect(management.answer(true)).toContain('h="2"');
});

/** A world whose sockets are scripted and whose time stands still. */
function connection(): { connection: Connection; sockets: (Socket & { sent: string[] })[]; states: string[]; run: () => void; sleep: (ms: number) => void } {
  let now = 0;
  const sockets: (Socket & { sent: string[] })[] = [];
  const states: string[] = [];
  let timers: { ms: number; run: () => void }[] = [];
  const listener: Listener = { state: (state) => void states.push(state), token: () => undefined, offers: () => undefined, live: () => undefined, stanza: () => undefined };
  const made = new Connection({
    socket: () => {
      const sent: string[] = [];
      const socket = { onopen: null, onmessage: null, onclose: null, sent, send: (text: string) => void sent.push(text), close: () => undefined } as Socket & { sent: string[] };
      sockets.push(socket);
      return socket;
    },
    now: () => now, random: () => 0.5, nonce: () => String(sockets.length),
    timer: (ms, run) => {
      const entry = { ms, run };
      timers.push(entry);
      return () => void (timers = timers.filter((one) => one !== entry));
    },
  }, listener);
  return { connection: made, sockets, states, run: () => timers.sort((a, b) => a.ms - b.ms).shift()?.run(), sleep: (ms) => void (now += ms) };
}

test('a lost connection is tried again, and an answer of somebody who was not asked is none', async () => {
  const { connection: made, sockets, states, run } = connection();
  made.start({ url: 'ws://x', domain: 'example.org', agent: { id: 'a', software: 'Skein', device: 'Web' }, credentials: { user: 'a', token: 'secret' } });
  sockets[0]?.onclose?.();
  expect(states).toEqual(['connecting', 'waiting']);
  run();
  expect(sockets).toHaveLength(2);
  sockets[1]?.onopen?.();
  sockets[1]?.onmessage?.({ data: FEATURES });
  await new Promise((done) => setTimeout(done, 20));
  sockets[1]?.onmessage?.({ data: await success('secret', BOUND) });
  await new Promise((done) => setTimeout(done, 20));
  expect(made.isLive).toBe(true);
  let answer = '';
  void made.iq('get', parse("<ping xmlns='urn:xmpp:ping'/>"), 'room@example.net').then((stanza) => (answer = stanza.attr('from') ?? ''));
  const id = parse(sockets[1]?.sent.find((frame) => frame.includes('urn:xmpp:ping')) ?? '<x/>').attr('id');
  for (const from of ['eve@example.net', 'room@example.net']) sockets[1]?.onmessage?.({ data: `<iq xmlns='jabber:client' type='result' id='${id}' from='${from}'/>` });
  await new Promise((done) => setTimeout(done, 20));
  expect(answer).toBe('room@example.net');
});

async function live(): Promise<ReturnType<typeof connection>> {
  const made = connection();
  made.connection.start({ url: 'ws://x', domain: 'example.org', agent: { id: 'a', software: 'Skein', device: 'Web' }, credentials: { user: 'a', token: 'secret' } });
  made.sockets[0]?.onopen?.();
  made.sockets[0]?.onmessage?.({ data: FEATURES });
  await new Promise((done) => setTimeout(done, 20));
  made.sockets[0]?.onmessage?.({ data: await success('secret', BOUND) });
  await new Promise((done) => setTimeout(done, 20));
  expect(made.connection.isLive).toBe(true);
  return made;
}

test('after a sleep nobody is asked whether the connection stands: it is made anew at once, to be resumed', async () => {
  const { connection: made, sockets, sleep } = await live();
  sleep(3_600_000);
  made.poke();
  expect(sockets).toHaveLength(2);
  sockets[1]?.onopen?.();
  await new Promise((done) => setTimeout(done, 20));
  // Eager: the proof and the resumption go with the opening.
  expect(sockets[1]?.sent).toHaveLength(2);
  expect(sockets[1]?.sent[1]).toContain('previd="s1"');
});

test('a glance at the page asks for a sign of life and breaks nothing', async () => {
  const { connection: made, sockets, sleep } = await live();
  sleep(20_000);
  made.poke();
  expect(sockets).toHaveLength(1);
  expect(sockets[0]?.sent.at(-1)).toContain('<r ');
});
