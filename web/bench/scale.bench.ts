// The budgets of the client, measured in Chromium against a started server: what is loaded until there is a list, how
// soon what is kept here is shown, a list of 5,000 chats, a chat of 100,000 messages. Printed; what misses its
// budget is marked.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { Foreign } from '../e2e/foreign.ts';
import { browse, Server, until } from '../e2e/harness.ts';
import { Reader, word } from '../e2e/reader.ts';

const CHATS = 5000;
const MESSAGES = 100_000;
const LONG = 'long@localhost';
const lines: string[] = [];

function told(what: string, value: number, unit: string, budget: number, atLeast = false): void {
  const isKept = atLeast ? value >= budget : value <= budget;
  lines.push(`${isKept ? '  ' : '! '}${what.padEnd(52)} ${value.toFixed(value < 10 ? 1 : 0).padStart(8)} ${unit.padEnd(6)} ${atLeast ? 'at least' : 'at most'} ${budget}`);
}

let server: Server;
let browser: Browser;
let ann: Reader;

beforeAll(async () => {
  server = await new Server('invite').start();
  server.accounts('ann', 'bob');
  browser = await browse();
  ann = await (await Reader.make(browser, server, 'ann')).signIn();
});

afterAll(async () => {
  console.log(`\nThe web client (! is over its budget)\n${lines.join('\n')}\n`);
  await browser?.close();
  await server?.end();
});

test('what is loaded until there is a list', () => {
  const dist = join(import.meta.dirname, '../dist');
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  const first = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
  const engine = readdirSync(join(dist, 'assets')).find((name) => /^engine-.*\.js$/.test(name));
  const packed = (path: string): number => statSync(join(dist, `${path}.br`), { throwIfNoEntry: false })?.size ?? statSync(join(dist, path)).size;
  const sum = (ending: string, more: string[] = []): number => [...first, ...more].filter((path) => path.endsWith(ending)).reduce((all, path) => all + packed(path), 0) / 1000;
  told('JavaScript until there is a list, brotli', sum('.js', [`/assets/${engine}`]), 'kB', 150);
  told('style sheets, brotli', sum('.css'), 'kB', 25);
});

/** Rows as the client keeps them, put there as if they had come over the years. */
async function fill(page: Page): Promise<void> {
  await page.evaluate(async ([chats, messages, long, own]) => {
    const database = await new Promise<IDBDatabase>((done, fail) => {
      const request = indexedDB.open('skein-cache');
      request.onsuccess = () => done(request.result);
      request.onerror = () => fail(request.error);
    });
    const put = (table: string, rows: object[]): Promise<void> => new Promise((done, fail) => {
      const transaction = database.transaction(table, 'readwrite', { durability: 'relaxed' });
      for (const row of rows) transaction.objectStore(table).put(row);
      transaction.oncomplete = () => done();
      transaction.onabort = () => fail(transaction.error);
    });
    const now = Date.now();
    const words = 'a thread that is spun from wool and flax 一根线 by hands that know how 织布 long before there were looms'.split(' ');
    const text = (i: number): string => Array.from({ length: 3 + ((i * 7) % 28) }, (_, j) => words[(i * 13 + j * 5) % words.length]).join(' ');
    const chat = (jid: string, time: number, more: object): object => ({ jid, kind: 'person', time, unread: 0, mentions: 0, marked: false, pinned: false, mutedUntil: 0, archived: false, complete: true, tail: 0, readTo: 0, peerRead: 0, last: { id: 'x', kind: 'text', text: text(time % 977), mine: false, time, order: 0 }, ...more });
    await put('chats', Array.from({ length: chats as number }, (_, i) => chat(`person${i}@localhost`, now - (i + 2) * 60_000, i % 40 === 0 ? { unread: 3 } : {})));
    const count = messages as number;
    for (let from = 0; from < count; from += 10_000) {
      await put('messages', Array.from({ length: Math.min(10_000, count - from) }, (_, k) => {
        const i = from + k;
        const mine = i % 3 === 0;
        return { id: `m${i}`, chat: long, author: mine ? own : long, from: { name: '', jid: mine ? own : long, me: mine }, order: (i + 1) * 1024, time: now - (count - i) * 90_000, kind: 'text', text: text(i), mine, attachments: [], mentions: [], starred: false, pinned: false, gapBefore: false, stanzaId: `s${i}`, archiveId: `a${i}`, ...(mine && { ticks: 'read' }) };
      }));
    }
    await put('chats', [chat(long as string, now - 90_000, { tail: count * 1024, readTo: count * 1024, last: { id: `m${count - 1}`, kind: 'text', text: text(count - 1), mine: false, time: now - 90_000, order: count * 1024 } })]);
    database.close();
  }, [CHATS, MESSAGES, LONG, ann.jid] as const);
}

test('a list of 5,000 chats, from what is kept here', async () => {
  await fill(ann.page);
  await ann.page.close();
  // Without a server: what is shown is what was kept.
  await server.kill();
  const started: number[] = [];
  for (let i = 0; i < 3; i++) {
    const page = await ann.context.newPage();
    await page.goto(server.origin);
    await page.getByRole('list', { name: word('chats.list') }).getByRole('link').first().waitFor();
    started.push(await page.evaluate(() => performance.now()));
    await page.close();
  }
  told('list of 5,000 chats after the start (median of 3)', started.sort((a, b) => a - b)[1] ?? 0, 'ms', 500);
  await server.start();
  ann.page = await ann.tab();
  await ann.isIn();
  const bob = await Foreign.login(server, 'bob', 'password of bob');
  await ann.page.evaluate(() => {
    const list = document.querySelector('ul[aria-label]');
    const seen: number[] = [];
    Object.assign(window, { seen });
    new PerformanceObserver((entries) => entries.getEntries().forEach((entry) => seen.push(entry.duration))).observe({ type: 'longtask' });
    void list;
  });
  for (let i = 0; i < 20; i++) {
    bob.message(ann.jid, `u${i}`, `<body>update ${i}</body>`);
    await ann.line(`update ${i}`).waitFor();
  }
  const long = await ann.page.evaluate(() => (window as unknown as { seen: number[] }).seen);
  told('longest task while 20 messages move the list', Math.max(0, ...long), 'ms', 50);
  bob.leave();
});

test('a chat of 100,000 messages', async () => {
  const opened = await ann.page.evaluate(async (chat) => {
    const begun = performance.now();
    location.hash = `#/chat/${encodeURIComponent(chat)}`;
    while (!document.querySelector('li[data-id]')) await new Promise(requestAnimationFrame);
    return performance.now() - begun;
  }, LONG);
  told('opening it', opened, 'ms', 100);
  await until(async () => (await ann.messages().count()) > 30, 'its messages are there');
  const result = await ann.page.evaluate(async () => {
    const box = document.querySelector('ol')?.closest<HTMLElement>('[data-region]');
    if (!box) throw new Error('no list');
    const frames: number[] = [];
    const heap = (): number => (performance as unknown as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0;
    const before = heap();
    let most = 0;
    let last = performance.now();
    const first = (): string => document.querySelector<HTMLElement>('li[data-id]')?.dataset['id'] ?? '';
    const from = first();
    const end = last + 25_000;
    while (performance.now() < end) {
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      frames.push(now - last);
      // As fast as a thumb throws it.
      box.scrollTop -= Math.min(160, (now - last) * 5);
      last = now;
      if (frames.length % 20 === 0) most = Math.max(most, document.querySelectorAll('.bubble').length);
    }
    frames.sort((a, b) => a - b);
    return { median: frames[frames.length >> 1] ?? 0, worst: frames[frames.length - 1] ?? 0, p99: frames[Math.floor(frames.length * 0.99)] ?? 0, most, heap: (heap() - before) / 1e6, passed: Number(from.slice(1)) - Number(first().slice(1)) };
  });
  told('frames a second while it is scrolled (median)', 1000 / result.median, '1/s', 55, true);
  told('the 99th of 100 frames', result.p99, 'ms', 50);
  told('the longest frame', result.worst, 'ms', 50);
  told('bubbles mounted at most', result.most, '', 120);
  told('messages that went by in 25 s', result.passed, '', 1000, true);
  told('growth of the heap', result.heap, 'MB', 30);
});
