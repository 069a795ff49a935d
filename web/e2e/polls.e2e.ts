// A poll in a group of three, and in a chat of two with its timer.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { Person, Three } from './harness.ts';

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

const polls = (who: Person, chat: string, is: (poll: { votes: number[]; mine: boolean[]; voters: number; closed: boolean } | undefined) => boolean, what: string) =>
  who.see('messages', { chat, anchor: 'end', before: 30, after: 0 }, ({ rows }) => {
    const poll = rows.findLast((row) => row.kind === 'poll')?.poll;
    return is(poll && { votes: poll.options.map((option) => option.votes), mine: poll.options.map((option) => option.mine), voters: poll.voters, closed: poll.closed });
  }, what);

test('the votes of three people are counted the same by all, and changed votes count once', async () => {
  await ann.call('sendPoll', { chat: room, question: 'Which weekend?', options: ['first', 'second', 'second', ' '], multiple: false });
  for (const [who, choice] of [[ann, 0], [bob, 0], [cleo, 1]] as const) {
    const window = await polls(who, room, (poll) => poll !== undefined && poll.votes.length === 2, 'sees the poll');
    const row = window.rows.findLast((one) => one.kind === 'poll');
    await who.see('messages', { chat: room, anchor: 'end', before: 30, after: 0 }, ({ rows }) => rows.findLast((one) => one.kind === 'poll')?.ticks !== 'queued', 'has it from the room');
    await who.call('vote', { chat: room, id: row?.id ?? '', choices: [choice] });
  }
  for (const who of [ann, bob, cleo]) await polls(who, room, (poll) => poll?.votes.join() === '2,1' && poll.voters === 3, 'counts 2 to 1');
  const window = await polls(bob, room, (poll) => poll?.mine.join() === 'true,false', 'knows the own vote');
  await bob.call('vote', { chat: room, id: window.rows.findLast((one) => one.kind === 'poll')?.id ?? '', choices: [1] });
  for (const who of [ann, bob, cleo]) await polls(who, room, (poll) => poll?.votes.join() === '1,2', 'counts 1 to 2');
});

test('its author ends a poll, and nobody else can', async () => {
  const of = async (who: Person): Promise<string> => (await polls(who, room, (poll) => poll !== undefined, 'sees it')).rows.findLast((one) => one.kind === 'poll')?.id ?? '';
  await expect(bob.call('closePoll', { chat: room, id: await of(bob) })).rejects.toThrow('not-allowed');
  await ann.call('closePoll', { chat: room, id: await of(ann) });
  for (const who of [ann, bob, cleo]) await polls(who, room, (poll) => poll?.closed === true, 'sees it closed');
  await expect(cleo.call('vote', { chat: room, id: await of(cleo), choices: [0] })).rejects.toThrow('not-allowed');
});

test('a timer of a chat is known to both, and what is sent then goes from both screens', async () => {
  await ann.call('send', { chat: bob.jid, text: 'stays' });
  await ann.call('setTimer', { chat: bob.jid, seconds: 8 });
  await bob.see('chat', { chat: ann.jid }, (chat) => chat?.timer === 8, 'knows the timer');
  await bob.call('send', { chat: ann.jid, text: 'goes' });
  const both = [[ann, bob], [bob, ann]] as const;
  await Promise.all(both.map(([who, other]) => who.see('messages', { chat: other.jid, anchor: 'end', before: 9, after: 0 }, ({ rows }) => rows.at(-1)?.text === 'goes' && rows.at(-1)?.expires !== undefined, 'has it')));
  for (const [who, other] of both) {
    await who.see('messages', { chat: other.jid, anchor: 'end', before: 9, after: 0 }, ({ rows }) => rows.every((row) => row.text !== 'goes') && rows.some((row) => row.text === 'stays'), 'has it no more');
  }
});
