import { expect, test } from 'vitest';
import { readMessage } from './message.ts';
import { readPreview, writePreview } from './preview.ts';
import { decode, encode } from './wire/codec.ts';
import { parse } from './xml.ts';

const TOLD = `<rdf:Description xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:og='https://ogp.me/ns#' xmlns:ogi='https://ogp.me/ns#image:' rdf:about='https://the.link.example.com/what-was-linked-to'>
  <og:title>The Best Webpage</og:title><og:description>This is a great webpage
   and you will really like it</og:description><og:image>cid:sha1+x@bob.xmpp.org</og:image><og:image>https://link.to.example.com/image.png</og:image>
  <ogi:alt>A picture</ogi:alt><og:site_name>Example Website</og:site_name></rdf:Description>`;

test('what is said of a link is read as XEP-0511 shows it', () => {
  expect(readPreview(parse(TOLD))).toEqual({
    url: 'https://the.link.example.com/what-was-linked-to', title: 'The Best Webpage', text: 'This is a great webpage and you will really like it',
    site: 'Example Website', image: 'https://link.to.example.com/image.png', alt: 'A picture',
  });
});

test('what is written is read again, as XML and in the compact binding', () => {
  const link = { url: 'https://a.example/?q=1&r=2', title: '<A & B>', text: 'so', image: 'https://b.example/p.jpg' };
  const written = writePreview(link);
  expect(readPreview(parse(written.toString()))).toEqual(link);
  const decoded = decode(encode(written, undefined), undefined);
  expect('xml' in decoded && readPreview(parse(decoded.xml))).toEqual(link);
});

test('an address of another kind, without a title or under another prefix is none', () => {
  expect(readPreview(parse(TOLD.replace('https://the.link.example.com/what-was-linked-to', 'javascript:alert(1)')))).toBeUndefined();
  expect(readPreview(parse("<Description xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#' about='https://a.example/'/>"))).toBeUndefined();
});

test('a message carries it beside its text', () => {
  const facts = readMessage(parse(`<message xmlns='jabber:client' type='chat'><body>see https://the.link.example.com/what-was-linked-to</body>${TOLD}</message>`));
  expect(facts.links.map((one) => one.title)).toEqual(['The Best Webpage']);
});
