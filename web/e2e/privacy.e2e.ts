// Who sees what: set in the client, kept by the server, known to the other device.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { befriend, browse, Person, Server } from './harness.ts';

let server: Server;
let browser: Browser;
let ann: Person;

beforeAll(async () => {
  server = await new Server().start();
  browser = await browse();
  ann = await (await Person.make(browser, server, 'ann')).register();
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

test('a rule is changed alone, and the others stay', async () => {
  const before = await ann.call('privacyRules');
  expect(before.map((rule) => rule.of).sort()).toEqual(['groups', 'last-seen', 'picture', 'profile', 'receipts', 'status']);
  await ann.call('setPrivacyRule', { rule: { of: 'groups', for: 'chosen', chosen: ['bob@localhost'] } });
  const after = await ann.call('privacyRules');
  expect(after.find((rule) => rule.of === 'groups')).toEqual({ of: 'groups', for: 'chosen', chosen: ['bob@localhost'] });
  const others = (rules: typeof before): typeof before => rules.filter((rule) => rule.of !== 'groups');
  expect(others(after)).toEqual(others(before));
});

test('as what one chose to be shown one is shown, also after a break', async () => {
  const bob = await (await Person.make(browser, server, 'bob')).register();
  await befriend(ann, bob);
  await ann.call('setPresence', { show: 'dnd', status: 'at the kiln' });
  const isBusy = (rows: { jid: string; show: string; status?: string }[]): boolean => rows.some((row) => row.jid === ann.jid && row.show === 'dnd' && row.status === 'at the kiln');
  await bob.see('contacts', undefined, isBusy, 'sees her busy');
  expect((await ann.see('me', undefined, (me) => me?.show === 'dnd', 'sees herself so'))?.status).toBe('at the kiln');
  await server.kill();
  await bob.see('contacts', undefined, (rows) => rows.every((row) => row.show === 'offline'), 'knows of nobody');
  await server.start();
  for (const one of [ann, bob]) await one.call('reconnect');
  await bob.see('contacts', undefined, isBusy, 'sees her busy again');
});
