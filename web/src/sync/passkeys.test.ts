import { beforeEach, expect, test } from 'vitest';
import { parse, type XmlElement } from '../protocol/xml.ts';
import type { Core } from './core.ts';
import { Passkeys } from './passkeys.ts';

const SHOWN = { id: 'aWQ', handle: 'aA', client: 'Yw', data: 'ZA', signature: 'cw' };
const LIST = `<passkeys xmlns='urn:skein:passkeys:0' most='20'><passkey id='aWQ' domain='chat.example' name='Desk' created='2026-11-27T21:02:00Z' used='2026-11-28T21:02:00Z'/><passkey id='aWR' domain='old.example' name='Phone' created='2026-11-27T21:02:00Z'/></passkeys>`;

let asked: string[];
let told: { status: number; body: string };
let passkeys: Passkeys;
let account: { jid: string } | undefined;
let now: number;
beforeEach(() => {
  [asked, now, account] = [[], 10_000, { jid: 'ann@capulet.example' }];
  told = { status: 200, body: '{}' };
  const core = {
    get account() {
      return account;
    },
    abilities: { passkeys: true }, bus: { touch: () => undefined }, now: () => now,
    iq: async (_type: string, payload: XmlElement) => {
      asked.push(payload.toString());
      return parse(`<iq xmlns='jabber:client' type='result'>${payload.name === 'begin' ? "<begun xmlns='urn:skein:passkeys:0' challenge='Yw' handle='aA' algorithms='-7 -8'/>" : LIST}</iq>`);
    },
  } as unknown as Core;
  passkeys = new Passkeys(core, async (path, body) => {
    asked.push(`${path} ${body}`);
    return new Response(told.body, { status: told.status });
  });
});

const settled = () => new Promise((done) => setTimeout(done));

test('the list is read, and that of another account is not shown meanwhile', async () => {
  expect(passkeys.list()).toBeUndefined();
  await settled();
  expect(passkeys.list()).toEqual({ most: 20, all: [{ id: 'aWQ', name: 'Desk', domain: 'chat.example', created: Date.UTC(2026, 10, 27, 21, 2), used: Date.UTC(2026, 10, 28, 21, 2) }, { id: 'aWR', name: 'Phone', domain: 'old.example', created: Date.UTC(2026, 10, 27, 21, 2) }] });
  expect(asked.length).toBe(1);
  account = { jid: 'bob@capulet.example' };
  expect(passkeys.list()).toBeUndefined();
  await settled();
  expect(asked.length).toBe(2);
});

test('who shows a passkey gets a token, which stands for the password', async () => {
  told.body = '{"address":"ann@capulet.example","token":"t0ken","expiry":"2026-11-27T21:02:00Z"}';
  expect(await passkeys.show(SHOWN)).toEqual({ address: 'ann@capulet.example', token: 't0ken' });
  expect(asked[0]).toBe(`/passkey/sign-in ${JSON.stringify(SHOWN)}`);
  expect(await passkeys.begin({ shown: SHOWN })).toEqual({ challenge: 'Yw', handle: 'aA', algorithms: [-7, -8] });
  expect(asked.at(-1)).toContain('<token>t0ken</token>');
  await passkeys.begin({ password: 'secret' });
  expect(asked.at(-1)).toContain('<password>secret</password>');
});

test.each([
  [403, '{"error":"not-authorized"}', 'not-authorized'],
  [429, '{"error":"temporary-auth-failure"}', 'too-many-attempts'],
  [400, '{"error":"bad-request"}', 'bad-request'],
  [502, '<html>', 'offline'],
  [200, '{"address":1}', 'internal'],
  [200, 'no json', 'internal'],
])('a refusal with %i is %s', async (status, body, code) => {
  told = { status, body };
  await expect(passkeys.show(SHOWN)).rejects.toMatchObject({ fault: { code } });
});
