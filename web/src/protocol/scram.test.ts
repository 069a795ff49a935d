import { expect, test } from 'vitest';
import { HashedToken, SaslError, Scram } from './scram.ts';
import { utf8 } from '../util/bytes.ts';

const CHALLENGE = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';

test('the example of RFC 7677', async () => {
  const scram = new Scram('user', 'pencil', 'rOprNGfwEbeRWgbNEkqO');
  expect(scram.first()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  expect(await scram.answer(CHALLENGE)).toBe('c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
  scram.verify('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  expect(() => scram.verify('v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toThrow(SaslError);
});

test('a server that takes few rounds, another nonce or a changed offer is refused', async () => {
  const make = (): Scram => new Scram('user', 'pencil', 'rOprNGfwEbeRWgbNEkqO', { mechanisms: ['SCRAM-SHA-256', 'PLAIN'], bindings: [] });
  for (const bad of [CHALLENGE.replace('4096', '1'), CHALLENGE.replace('rOpr', 'xOpr'), CHALLENGE.replace('%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', ''), `${CHALLENGE},h=AAAA`, `m=x,${CHALLENGE}`]) {
    await expect(make().answer(bad), bad).rejects.toThrow(SaslError);
  }
});

test('commas and equal signs in names are escaped', () => {
  expect(new Scram('a,b=c', 'x', 'n').first()).toBe('n,,n=a=2Cb=3Dc,r=n');
});

test('a token is proved in both directions', async () => {
  const token = new HashedToken('juliet', 'secret');
  const first = await token.first();
  expect(new TextDecoder().decode(first.slice(0, 7))).toBe('juliet\0');
  expect(first.length).toBe(7 + 32);
  await expect(token.verify(first.slice(7))).rejects.toThrow(SaslError);
  await expect(token.verify(utf8('short'))).rejects.toThrow(SaslError);
});
