// The card of a link: looked up by the server while one writes, drawn for the reader out of the message alone.

import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { acquaint, browse, Server, until } from './harness.ts';
import { Reader, word } from './reader.ts';

let server: Server;
let browser: Browser;
let ann: Reader;
let bob: Reader;
let site: HttpServer;
let page = '';
/** Who asked the site for what. */
const asked: string[] = [];

/** A red picture as PNG. */
function png(width: number, height: number): Buffer {
  const crc = (data: Buffer): number => {
    let c = 0xffffffff;
    for (const byte of data) {
      c ^= byte;
      for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    }
    return (c ^ 0xffffffff) >>> 0;
  };
  const chunk = (kind: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.concat(Array.from({ length: height }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([200, 40, 40]))])));
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

beforeAll(async () => {
  site = createServer((request, response) => {
    asked.push(`${request.headers['user-agent'] ?? ''} ${request.url}`);
    if (request.url === '/p.png') return void response.writeHead(200, { 'content-type': 'image/png' }).end(png(64, 48));
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<html><head><title>x</title><meta property="og:title" content="The kiln &amp; the clay"><meta property="og:description" content="How a pot is fired"><meta property="og:image" content="/p.png"></head></html>');
  });
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  const { port } = site.address() as AddressInfo;
  page = `http://127.0.0.1:${port}/kiln`;
  server = await new Server('open', ['[previews]', `allow = ["127.0.0.1:${port}"]`]).start();
  browser = await browse();
  await acquaint(browser, server, 'ann', 'bob');
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
  bob = await (await Reader.make(browser, server, 'bob')).signIn();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const reader of [ann, bob]) console.log(await reader.story());
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
  site?.closeAllConnections();
  site?.close();
});

const chip = () => ann.page.getByRole('group', { name: word('link.preview') });

test('a card is shown while one writes and drawn for the reader, who asks the site nothing', async () => {
  await ann.open(bob.jid);
  await bob.open(ann.jid);
  await ann.composer().fill(`look at ${page} please`);
  await chip().getByText('The kiln & the clay').waitFor();
  const before = asked.length;
  await ann.composer().press('Enter');
  const row = await bob.sees('look at');
  const card = row.getByRole('link', { name: /The kiln & the clay/ });
  await card.waitFor();
  expect(await card.getAttribute('href')).toBe(page);
  const image = card.locator('img');
  await until(async () => (await image.count()) > 0 && (await image.evaluate((one: HTMLImageElement) => one.naturalWidth)) > 0, 'bob sees the picture');
  expect(await image.getAttribute('src')).toContain(server.origin);
  expect(asked.length).toBe(before);
  expect(asked.some((line) => /Mozilla\/5\.0.*Chrome/.test(line))).toBe(false);
  expect([...ann.wrongs, ...bob.wrongs]).toEqual([]);
  // The same row, drawn without its picture, is as high.
  const height = await row.evaluate((one) => one.getBoundingClientRect().height);
  await image.evaluate((one: HTMLImageElement) => one.removeAttribute('src'));
  expect(await row.evaluate((one) => one.getBoundingClientRect().height)).toBe(height);
});

test('a card can be taken away, and comes not back for this message', async () => {
  await ann.composer().fill(`bare ${page}`);
  await chip().waitFor();
  await ann.button(word('link.remove')).click();
  await ann.composer().press('End');
  await ann.page.keyboard.type(' indeed');
  await ann.composer().press('Enter');
  const row = await bob.sees('indeed');
  expect(await row.getByText('The kiln & the clay').count()).toBe(0);
});

test('who switched previews off asks the server nothing', async () => {
  await ann.page.goto(`${server.origin}/#/settings/privacy`);
  await ann.page.getByRole('switch', { name: word('settings.links') }).click();
  await ann.open(bob.jid);
  await ann.say(`quiet ${page}`);
  const row = await bob.sees('quiet');
  expect(await row.getByText('The kiln & the clay').count()).toBe(0);
});
