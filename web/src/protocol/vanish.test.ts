import { expect, test } from 'vitest';
import { readMessage } from './message.ts';
import { expiry, writeWhisper } from './vanish.ts';
import { parse } from './xml.ts';

const read = (inner: string) => readMessage(parse(`<message xmlns='jabber:client' from='a@x' to='b@x' type='chat' id='1'>${inner}</message>`));

test('the time at which a message goes is the server’s word, else its timer from when it was sent', () => {
  const told = read("<body>x</body><ephemeral xmlns='urn:xmpp:ephemeral:0' timer='10'/><expires xmlns='urn:skein:expires:0' at='2026-11-27T20:15:10.52Z'/>");
  expect(expiry(told, 1000)).toBe(Date.parse('2026-11-27T20:15:10.52Z'));
  expect(expiry(read("<body>x</body><ephemeral xmlns='urn:xmpp:ephemeral:0' timer='10'/>"), 1000)).toBe(11_000);
  for (const timer of ['-1', 'x', '1e3', '99999999999', '']) expect(expiry(read(`<body>x</body><ephemeral xmlns='urn:xmpp:ephemeral:0' timer='${timer}'/>`), 1000), timer).toBeUndefined();
});

test('the sentence for clients that know no timers is not shown', () => {
  const body = 'The code is 4711\n⏱ This message disappears 10 seconds after it was sent.';
  const facts = read(`<body>${body}</body><ephemeral xmlns='urn:xmpp:ephemeral:0' timer='10'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:ephemeral:0'><body start='16' end='${[...body].length}'/></fallback>`);
  expect(facts.text).toBe('The code is 4711');
});

test('an envelope to be viewed once shows nothing of its own', () => {
  const facts = read("<view-once xmlns='urn:skein:view-once:0' id='o1'/><body>You can view this once.</body><fallback xmlns='urn:xmpp:fallback:0' for='urn:skein:view-once:0'/>");
  expect([facts.once, facts.text]).toEqual(['o1', '']);
});

test('a fallback for something that is not there hides nothing', () => {
  expect(read("<body>read me</body><fallback xmlns='urn:xmpp:fallback:0' for='urn:skein:view-once:0'/>").text).toBe('read me');
});

test('a whisper names all who got it, 50 at most', () => {
  const many = Array.from({ length: 80 }, (_, i) => ({ id: `o${i}`, nick: `n${i}` }));
  expect(read(writeWhisper(many).toString()).whisper).toHaveLength(50);
  expect(read("<body>x</body><whisper xmlns='urn:skein:whisper:0'><to id='9b' nick='Ben'/><to/></whisper>").whisper).toEqual([{ id: '9b', nick: 'Ben' }, {}]);
});
