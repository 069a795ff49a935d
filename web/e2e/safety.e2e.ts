// What strangers write is text, wherever it is shown: every string of the corpus through every field that they can
// fill, in a real browser with the real policy.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CORPUS } from './corpus.ts';
import { Foreign } from './foreign.ts';
import { browse, Server } from './harness.ts';
import { Reader, word } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let eve: Foreign;

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'eve');
  browser = await browse();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  eve = await Foreign.login(server, 'eve', 'password of eve');
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.log(await ann.story());
});

afterAll(async () => {
  eve?.leave();
  await browser?.close();
  await server?.end();
});

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
// What XML cannot hold is not sent by anybody.
/** As it may stand in XML: what no stream may hold is left out. */
const clean = (text: string): string => escape(text.replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F]/g, ''));
const NASTY = CORPUS.map(clean);

/** Elements, attributes and addresses in the page that we did not make. */
function strange(): string[] {
  const found: string[] = [];
  for (const element of document.querySelectorAll('*')) {
    const name = element.localName;
    if (['iframe', 'object', 'embed', 'base', 'marquee', 'math', 'foreignobject', 'form'].includes(name) && name !== 'form') found.push(`<${name}>`);
    if (name === 'script' && !(element as HTMLScriptElement).src.startsWith(location.origin)) found.push('<script>');
    if ((name === 'link' || name === 'style') && !element.closest('head')) found.push(`<${name}>`);
    for (const { name: attribute, value } of element.attributes) {
      if (/^on/i.test(attribute) || attribute === 'srcdoc' || attribute === 'formaction') found.push(`${name} ${attribute}`);
      if (!['href', 'src', 'action', 'xlink:href', 'poster', 'data'].includes(attribute)) continue;
      const { protocol } = new URL(value, location.href);
      const fine = attribute === 'href' ? ['http:', 'https:', 'xmpp:', 'mailto:', 'geo:', 'tel:'] : ['http:', 'https:', 'blob:'];
      if (!fine.includes(protocol)) found.push(`${name} ${attribute}=${value.slice(0, 80)}`);
      if (attribute === 'src' && protocol !== 'blob:' && !value.startsWith('/') && !value.startsWith(location.origin)) found.push(`${name} is loaded from ${value.slice(0, 80)}`);
    }
  }
  return found;
}

async function isClean(where: string): Promise<void> {
  expect(await ann.page.evaluate(strange), where).toEqual([]);
  expect(await ann.page.evaluate(() => (window as { hit?: string }).hit), where).toBeUndefined();
  expect(ann.wrongs, where).toEqual([]);
}

/** Down to the newest, where one stays while more comes: whoever writes is there. */
async function toEnd(): Promise<void> {
  await ann.say('and then?');
}

/** The chat's line in the list shows it, however far the reader is from the end; then the reader goes there. */
async function arrived(text: string): Promise<void> {
  await ann.page.getByText(text).filter({ visible: true }).first().waitFor();
  await toEnd();
  await ann.sees(text);
}

test('the corpus is as large as it is said to be', () => expect(NASTY.length).toBeGreaterThan(200));

test('every string as a body is shown as it was written', async () => {
  eve.message(ann.jid, 'first', '<body>the first of them</body>');
  await ann.openRequest('the first of them');
  await ann.button(word('talk.accept')).click();
  await toEnd();
  NASTY.forEach((text, i) => eve.message(ann.jid, `b${i}`, `<body>${text}</body>`));
  eve.message(ann.jid, 'last', '<body>the last of them</body>');
  await arrived('the last of them');
  // All of it comes past.
  for (let i = 0; i < 12; i++) {
    await isClean('bodies');
    await ann.page.evaluate(() => document.querySelector('ol')?.closest('[data-region]')?.scrollBy(0, -1500));
    await ann.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  }
});

test('every string in every other field of a message does no harm', async () => {
  await toEnd();
  const url = (text: string): string => escape(`https://canary.invalid/${encodeURIComponent(text)}`);
  NASTY.forEach((text, i) => {
    const raw = CORPUS[i] ?? '';
    const fields = [
      `<body>${text}</body><subject>${text}</subject><thread>${text}</thread>`,
      `<body>x</body><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p style='background:url(https://canary.invalid/)'>${text}</p><img src='https://canary.invalid/x.png' onerror='alert(1)'/></body></html>`,
      `<body>${url(raw)}</body><x xmlns='jabber:x:oob'><url>${url(raw)}</url><desc>${text}</desc></x>`,
      `<body>f</body><file-sharing xmlns='urn:xmpp:sfs:0' disposition='inline'><file xmlns='urn:xmpp:file:metadata:0'><media-type>image/png</media-type><name>${text}</name><size>1</size><desc>${text}</desc><width>10</width><height>10</height><thumbnail xmlns='urn:xmpp:thumbs:1' uri='${text}'/></file><sources><url-data xmlns='http://jabber.org/protocol/url-data' target='${url(raw)}'/></sources></file-sharing>`,
      `<body>f</body><file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><media-type>${text}</media-type><name>${text}</name></file><sources><url-data xmlns='http://jabber.org/protocol/url-data' target='${text}'/></sources></file-sharing>`,
      `<body>g</body><geoloc xmlns='http://jabber.org/protocol/geoloc'><lat>1.5</lat><lon>2.5</lon><text>${text}</text><uri>${text}</uri></geoloc>`,
      `<body>c</body><vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>${text}</text></fn><impp><uri>xmpp:${text}</uri></impp><tel><uri>tel:${text}</uri></tel><email><text>${text}</text></email><url><uri>${text}</uri></url></vcard>`,
      `<body>r</body><reply xmlns='urn:xmpp:reply:0' id='${text}' to='${text}'/>`,
      `<body>m @you</body><reference xmlns='urn:xmpp:reference:0' type='mention' begin='2' end='6' uri='${text}'/>`,
      `<reactions xmlns='urn:xmpp:reactions:0' id='b0'><reaction>${clean(raw.slice(0, 60))}</reaction></reactions>`,
      `<body>o</body><nick xmlns='http://jabber.org/protocol/nick'>${text}</nick><view-once xmlns='urn:skein:view-once:0' id='${text}'/>`,
    ];
    eve.message(ann.jid, `f${i}`, fields[i % fields.length] ?? '');
    // Two of the fields for each string, so that each field meets a good part of the corpus.
    eve.message(ann.jid, `g${i}`, fields[(i * 7 + 3) % fields.length] ?? '');
  });
  eve.message(ann.jid, 'last2', '<body>the end of the fields</body>');
  await arrived('the end of the fields');
  for (let i = 0; i < 20; i++) {
    await isClean('fields');
    await ann.page.evaluate(() => document.querySelector('ol')?.closest('[data-region]')?.scrollBy(0, -1500));
    await ann.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  }
});

test('names, statuses, pictures, cards and invitations of strangers are text too', async () => {
  await toEnd();
  const some = NASTY.filter((_, i) => i % 12 === 0);
  for (const text of some) {
    eve.iq(`<iq xmlns='jabber:client' type='set'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='http://jabber.org/protocol/nick'><item id='current'><nick xmlns='http://jabber.org/protocol/nick'>${text}</nick></item></publish></pubsub></iq>`);
    eve.iq(`<iq xmlns='jabber:client' type='set'><vCard xmlns='vcard-temp'><FN>${text}</FN><NICKNAME>${text}</NICKNAME><URL>${text}</URL><DESC>${text}</DESC><PHOTO><TYPE>image/svg+xml</TYPE><BINVAL>${Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>').toString('base64')}</BINVAL></PHOTO></vCard></iq>`);
    eve.raw(`<presence xmlns='jabber:client' to='${ann.jid}'><status>${text}</status><nick xmlns='http://jabber.org/protocol/nick'>${text}</nick></presence>`);
    eve.message(ann.jid, 'i', `<x xmlns='jabber:x:conference' jid='room@rooms.localhost' reason='${text}' password='${text}'/>`);
    eve.message(ann.jid, 'e', `<error type='cancel'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>${text}</text></error>`, 'error');
  }
  eve.raw(`<presence xmlns='jabber:client' to='${ann.jid}' type='subscribe'><status>${some[3]}</status></presence>`);
  eve.message(ann.jid, 'last3', '<body>the end of the names</body>');
  await arrived('the end of the names');
  await isClean('the conversation');
  for (const place of ['#/contacts', '#/groups', `#/chat/${encodeURIComponent(eve.jid)}/info`, '#/starred', '#/settings', `#/chat/${encodeURIComponent(CORPUS[0] ?? '')}`, `#/invitation/${encodeURIComponent(CORPUS[9] ?? '')}`, '#/']) {
    await ann.page.evaluate((hash) => (location.hash = hash), place);
    await ann.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await isClean(place);
  }
});

test('the name, the topic and the people of a group are text', async () => {
  const room = 'nasty@rooms.localhost';
  eve.raw(`<presence xmlns='jabber:client' to='${room}/eve'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
  eve.iq(`<iq xmlns='jabber:client' type='set' to='${room}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field><field var='muc#roomconfig_roomname'><value>${NASTY[1]}</value></field><field var='muc#roomconfig_roomdesc'><value>${NASTY[9]}</value></field><field var='muc#roomconfig_publicroom'><value>1</value></field></x></query></iq>`);
  await eve.sees('<iq', room);
  eve.message(room, 's', `<subject>${NASTY[15]}</subject>`, 'groupchat');
  eve.raw(`<presence xmlns='jabber:client' to='${room}/${clean((CORPUS[16] ?? '').slice(0, 100))}'/>`);
  eve.message(room, 'm', `<body>${NASTY[3]}</body>`, 'groupchat');
  eve.message(ann.jid, 'inv', `<x xmlns='jabber:x:conference' jid='${room}' reason='${NASTY[4]}'/>`);
  await ann.page.evaluate((hash) => (location.hash = hash), `#/chat/${encodeURIComponent(room)}`);
  await isClean('the group before it is entered');
  await ann.page.evaluate(() => (location.hash = '#/groups'));
  await isClean('the directory');
});

test('the policy is as strict as it is said to be, and holds', async () => {
  const answer = await fetch(server.origin);
  const policy = answer.headers.get('content-security-policy') ?? '';
  for (const rule of ["default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self'"]) expect(policy).toContain(rule);
  expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  const probe = await ann.tab();
  const blocked = await probe.evaluate(() => {
    const tried: string[] = [];
    const attempt = (name: string, work: () => void): void => {
      try {
        work();
      } catch {
        tried.push(name);
      }
    };
    attempt('innerHTML', () => (document.createElement('div').innerHTML = '<img>'));
    attempt('script', () => (document.createElement('script').src = '/assets/x.js'));
    attempt('insertAdjacentHTML', () => document.body.insertAdjacentHTML('beforeend', '<b>x</b>'));
    attempt('worker', () => void new Worker('data:text/javascript,1'));
    return tried;
  });
  expect(blocked).toEqual(['innerHTML', 'script', 'insertAdjacentHTML', 'worker']);
  await probe.close();
});
