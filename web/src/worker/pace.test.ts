import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

function make(): { pace: Pace; sent: number[]; change(): void; late(): void } {
  const sent: number[] = [];
  let value = 0;
  let timer: (() => void) | undefined;
  const pace = new Pace(() => Promise.resolve(sent.push(value) > 0), (_, run) => ((timer = run), () => (timer = undefined)));
  return { pace, sent, change: () => ((value += 1), pace.due()), late: () => timer?.() };
}
const turn = (): Promise<void> => new Promise((done) => setTimeout(done));

test('a hundred changes while one answer is on its way make one more answer, the newest', async () => {
  const { pace, sent, change } = make();
  change();
  await turn();
  for (let i = 0; i < 100; i++) change();
  await turn();
  expect(sent).toEqual([1]);
  pace.shown();
  await turn();
  expect(sent).toEqual([1, 101]);
  pace.shown();
  await turn();
  expect(sent).toEqual([1, 101]);
});

test('a word that was lost holds nothing up for ever', async () => {
  const { sent, change, late } = make();
  change();
  await turn();
  change();
  late();
  await turn();
  expect(sent).toEqual([1, 2]);
});

test('after its end nothing is sent', async () => {
  const { pace, sent, change, late } = make();
  change();
  await turn();
  change();
  pace.end();
  late();
  pace.shown();
  await turn();
  expect(sent).toEqual([1]);
});
