import { expect, test } from 'vitest';
import { readMessage, writeFile } from './message.ts';
import { NS } from './ns.ts';
import { parse, x } from './xml.ts';

const read = (inner: string, attributes = ''): ReturnType<typeof readMessage> => readMessage(parse(`<message xmlns='jabber:client' from='a@b/c' to='d@e' ${attributes}>${inner}</message>`));

test('the text is the body without the quotation for others, and mentions keep their place', () => {
  const facts = read(
    "<body>&gt; 👋 hi\nyes @Ann</body><reply xmlns='urn:xmpp:reply:0' id='m1' to='d@e'/>" +
    "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='7'/></fallback>" +
    "<reference xmlns='urn:xmpp:reference:0' type='mention' begin='11' end='15' uri='xmpp:ann@e'/>", "type='chat' id='m2'");
  expect(facts.text).toBe('yes @Ann');
  expect(facts.mentions.map((mention) => facts.text?.slice(mention.begin, mention.end))).toEqual(['@Ann']);
  expect(facts.reply).toEqual({ id: 'm1', to: 'd@e' });
});

test('a fallback range that lies is passed over', () => {
  expect(read("<body>abc</body><reply xmlns='urn:xmpp:reply:0' id='1'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='2' end='99'/></fallback>").text).toBe('abc');
});

test('a file says the same after it was written', () => {
  const file = { url: 'https://e.org/f/a.webp', name: 'a.webp', mime: 'image/webp', size: 12, width: 3, height: 4, voice: false };
  const facts = readMessage(x('message', NS.client, { from: 'a@b' }, x('body', NS.client, {}, file.url), x('x', NS.oob, {}, x('url', NS.oob, {}, file.url)), writeFile(file)));
  expect(facts.files).toEqual([file]);
  expect(facts.text).toBe('');
});

test('addresses that are no web addresses make no attachment', () => {
  for (const url of ['javascript:alert(1)', 'data:text/html,x', 'blob:x', 'file:///etc/passwd', '', 'x']) {
    expect(read(`<x xmlns='jabber:x:oob'><url>${url}</url></x>`).files).toEqual([]);
  }
});

test('the first id of an archive counts, others do not overwrite it', () => {
  const facts = read("<stanza-id xmlns='urn:xmpp:sid:0' by='d@e' id='1'/><stanza-id xmlns='urn:xmpp:sid:0' by='d@e' id='2'/>");
  expect(facts.stanzaIds).toEqual({ 'd@e': '1' });
});

test('a place and a card say nothing twice: what stands for them in the body is not shown', () => {
  const place = "<geoloc xmlns='http://jabber.org/protocol/geoloc'><lat>46.55</lat><lon>8.56</lon></geoloc>";
  expect(read(`<body>geo:46.55,8.56</body>${place}`).text).toBe('');
  expect(read(`<body>I am here</body>${place}`).text).toBe('I am here');
  const card = "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Beat</text></fn><impp><uri>xmpp:beat@e</uri></impp></vcard>";
  expect(read(`<body>Beat xmpp:beat@e</body>${card}`).text).toBe('');
});
