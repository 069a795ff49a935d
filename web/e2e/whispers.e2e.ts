// A group of three, in which one says something that only another hears; and what is to be seen once.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, Three, until } from './harness.ts';

let all: Three;
let ann: Person;
let bob: Person;
let cleo: Person;
let room: string;

beforeAll(async () => {
  all = await (await Three.meet()).inGroup();
  ({ ann, bob, cleo, room } = all);
});
afterAll(() => all?.leave());

const rows = (who: Person, is: (texts: string[]) => boolean, what: string) =>
  who.see('messages', { chat: room, anchor: 'end', before: 30, after: 0 }, (window) => is(window.rows.filter((row) => row.kind !== 'system').map((row) => row.text)), what);

test('a whisper reaches the one it is for, marked with who has it, and nobody else', async () => {
  const seen = await ann.see('room', { room }, (row) => row?.occupants.length === 3, 'sees them');
  const to = seen?.occupants.filter((one) => one.nick === 'bob').map((one) => ({ nick: one.nick, ...(one.occupantId && { id: one.occupantId }) })) ?? [];
  await ann.call('send', { chat: room, text: 'to Bob alone', whisper: to });
  const his = await rows(bob, (texts) => texts.includes('to Bob alone'), 'hears it');
  expect(his.rows.find((row) => row.text === 'to Bob alone')?.whisper).toEqual(['ann']);
  const hers = await ann.see('messages', { chat: room, anchor: 'end', before: 30, after: 0 }, (window) => window.rows.some((row) => row.text === 'to Bob alone' && row.ticks === 'sent'), 'has sent it');
  expect(hers.rows.find((row) => row.text === 'to Bob alone')?.whisper).toEqual(['bob']);
  // What comes after it shows that it did not come to her.
  await ann.call('send', { chat: room, text: 'to all' });
  await rows(cleo, (texts) => texts.join() === 'to all', 'hears only what is for all');
});

test('a whisper is answered, felt and corrected between those who have it', async () => {
  const his = await rows(bob, (texts) => texts.includes('to Bob alone'), 'has it');
  const about = his.rows.find((row) => row.text === 'to Bob alone')?.id ?? '';
  await bob.call('react', { chat: room, id: about, emojis: ['👍'] });
  await ann.see('messages', { chat: room, anchor: 'end', before: 30, after: 0 }, (window) => window.rows.some((row) => row.text === 'to Bob alone' && row.reactions[0]?.emoji === '👍'), 'sees the reaction');
  await bob.call('send', { chat: room, text: 'I will say nothing', replyTo: about });
  const answered = await rows(ann, (texts) => texts.includes('I will say nothing'), 'hears the answer');
  const answer = answered.rows.find((row) => row.text === 'I will say nothing');
  expect([answer?.whisper, answer?.replyTo?.text, answer?.replyTo?.mine]).toEqual([['bob'], 'to Bob alone', true]);
  const own = await rows(bob, (texts) => texts.includes('I will say nothing'), 'has said it');
  await bob.call('edit', { chat: room, id: own.rows.find((row) => row.text === 'I will say nothing')?.id ?? '', text: 'I will be silent' });
  await rows(ann, (texts) => texts.includes('I will be silent') && !texts.includes('I will say nothing'), 'sees the correction');
  await ann.call('send', { chat: room, text: 'and again to all' });
  const hers = await rows(cleo, (texts) => texts.includes('and again to all'), 'hears what is for all');
  expect(hers.rows.filter((row) => row.kind !== 'system').map((row) => [row.text, row.reactions.length])).toEqual([['to all', 0], ['and again to all', 0]]);
});

test('a whisper is taken back by a whisper', async () => {
  const window = await rows(ann, (texts) => texts.includes('to Bob alone'), 'has it');
  await ann.call('remove', { chat: room, ids: [window.rows.find((row) => row.text === 'to Bob alone')?.id ?? ''], everyone: true });
  await rows(bob, (texts) => !texts.includes('to Bob alone'), 'has it no more');
});

test('what is to be seen once is seen once, and then nowhere', async () => {
  await ann.see('abilities', undefined, (abilities) => abilities.once, 'may send so');
  await ann.call('send', { chat: bob.jid, text: 'the code is 4711', once: true });
  const window = await bob.see('messages', { chat: ann.jid, anchor: 'end', before: 9, after: 0 }, (shown) => shown.rows.at(-1)?.once?.opened === false, 'has it, closed');
  const last = window.rows.at(-1);
  expect(last?.text).toBe('');
  const content = await bob.call('openOnce', { chat: ann.jid, id: last?.id ?? '' });
  expect(content.text).toBe('the code is 4711');
  await bob.call('closeOnce', { chat: ann.jid, id: last?.id ?? '' });
  await expect(bob.call('openOnce', { chat: ann.jid, id: last?.id ?? '' })).rejects.toThrow();
  for (const [who, other] of [[ann, bob], [bob, ann]] as const) {
    const after = await who.see('messages', { chat: other.jid, anchor: 'end', before: 9, after: 0 }, (shown) => shown.rows.at(-1)?.once?.opened === true, 'knows that it was opened');
    expect(JSON.stringify(after)).not.toContain('4711');
  }
  await until(async () => (await bob.call('search', { text: '4711' })).length === 0, 'no search finds it');
});
