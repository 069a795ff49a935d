// Who sees what: set in the client, kept by the server, known to the other device.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browse, Person, Server } from './harness.ts';

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
