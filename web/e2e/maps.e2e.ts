// A place on the map: drawn here, or with pictures from where the operator says, and from nowhere else.

import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browse, Person, Server, until } from './harness.ts';
import { Reader } from './reader.ts';

let server: Server;
let browser: Browser;
let maps: HttpServer;
const asked: { url: string; referrer: string | undefined }[] = [];
const TILE = "<svg xmlns='http://www.w3.org/2000/svg' width='256' height='256'><rect width='256' height='256' fill='#cde'/></svg>";

beforeAll(async () => {
  maps = createServer((request, response) => {
    asked.push({ url: request.url ?? '', referrer: request.headers.referer });
    response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(TILE);
  });
  await new Promise<void>((done) => maps.listen(0, '127.0.0.1', done));
  const { port } = maps.address() as AddressInfo;
  server = await new Server('open', ['[maps]', `tiles = "http://localhost:${port}/t/{z}/{x}/{y}.svg"`, 'credit = "© the cartographer"']).start();
  browser = await browse();
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
  maps?.close();
});

test('the pictures of a place come from the chosen server, which is not told who looks at what', async () => {
  const ann = await (await Person.make(browser, server, 'ann')).register();
  await ann.call('sendPlace', { chat: ann.jid, place: { lat: 52.5163, lon: 13.3777, accuracy: 300 } });
  const reader = await (await Reader.make(browser, server, 'ann')).signIn();
  await reader.open(ann.jid);
  await reader.page.getByText('© the cartographer').waitFor();
  await until(async () => (await reader.page.locator('.tiles img').evaluateAll((all) => all.filter((one) => (one as HTMLImageElement).naturalWidth > 0).length)) >= 2, 'the pictures are there');
  // 300 metres to each side, where 320 pixels of zoom 14 are about 1,860.
  expect(await reader.page.locator('.around').evaluate((one) => one.clientWidth / (one.parentElement?.clientWidth ?? 1))).toBeCloseTo(600 / 1861, 1);
  expect(asked.map((one) => one.url)).toContain('/t/14/8800/5373.svg');
  expect(asked.every((one) => one.referrer === undefined)).toBe(true);
  expect(reader.wrongs.filter((wrong) => !wrong.includes('/t/14/'))).toEqual([]);
});
