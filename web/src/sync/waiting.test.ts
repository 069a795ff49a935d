import { beforeEach, expect, test } from 'vitest';
import { parse, type XmlElement } from '../protocol/xml.ts';
import type { Core } from './core.ts';
import { Waiting } from './waiting.ts';

const item = (jid: string, reason = ''): string => `<item><field var='accountjid'><value>${jid}</value></field>${reason && `<field var='reason'>${reason}</field>`}<field var='asked'><value>2026-11-27T21:02:00.250000Z</value></field></item>`;
const result = (total: number, items: string): XmlElement => parse(`<iq xmlns='jabber:client' type='result'><command xmlns='http://jabber.org/protocol/commands' node='urn:skein:accounts:0#waiting' status='completed'><x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:skein:accounts:0</value></field><field var='total'><value>${total}</value></field><reported/>${items}</x></command></iq>`);
const notice = (from: string): XmlElement => parse(`<message xmlns='jabber:client' type='headline' from='${from}'><body>1</body><waiting xmlns='urn:skein:accounts:0' total='1'/></message>`);

let asked: XmlElement[];
let waiting: Waiting;
let isAdmin: boolean;
beforeEach(() => {
  [asked, isAdmin] = [[], true];
  const core = {
    self: { jid: 'root@capulet.example' }, account: undefined, bus: { touch: () => undefined },
    get abilities() {
      return { approvals: isAdmin };
    },
    iq: async (_type: string, payload: XmlElement) => {
      asked.push(payload);
      return result(130, item('nurse@capulet.example', '<value>I look</value><value>after Juliet</value>') + item('peter@capulet.example'));
    },
  } as unknown as Core;
  waiting = new Waiting(core);
});

test('who waits is read with the lines of the reason, and how many there are in all', async () => {
  await waiting.load();
  expect(waiting.known).toEqual({ total: 130, people: [{ jid: 'nurse@capulet.example', reason: 'I look\nafter Juliet', asked: Date.UTC(2026, 10, 27, 21, 2, 0, 250) }, { jid: 'peter@capulet.example', asked: Date.UTC(2026, 10, 27, 21, 2, 0, 250) }] });
});

test('who is no administrator asks nothing', async () => {
  isAdmin = false;
  await waiting.load();
  expect([asked.length, waiting.known]).toEqual([0, undefined]);
});

test('a notice is believed from one\'s own domain alone', () => {
  expect(waiting.take(notice('capulet.example'))).toBe(true);
  expect(waiting.take(notice('mallory@capulet.example'))).toBe(false);
  expect(waiting.take(notice('evil.example'))).toBe(false);
  expect(asked.length).toBe(1);
});

test('letting in and refusing are the commands of XEP-0133, and the list is read again', async () => {
  await waiting.answer('nurse@capulet.example', true);
  await waiting.answer('peter@capulet.example', false);
  expect(asked.map((payload) => payload.attr('node')?.split('#')[1])).toEqual(['reenable-user', 'waiting', 'delete-user', 'waiting']);
});
