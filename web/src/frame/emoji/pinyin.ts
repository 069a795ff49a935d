// How Chinese words sound, so that they are found by what people type on a keyboard without an input method. The
// readings are of pinyin-data (MIT, docs/dependencies.md), the two most usual of each sign that an emoji's words have.

import table from './pinyin.json?url';

/** The readings of a sign. */
export type Readings = ReadonlyMap<string, readonly string[]>;

/** From syllables with the signs that are read so. */
export function readingsOf(syllables: Readonly<Record<string, string>>): Readings {
  const out = new Map<string, string[]>();
  for (const [syllable, signs] of Object.entries(syllables)) for (const sign of signs) out.set(sign, [...(out.get(sign) ?? []), syllable]);
  return out;
}

export async function readings(): Promise<Readings> {
  const answer = await fetch(table);
  if (!answer.ok) throw new Error(`pinyin: ${answer.status}`);
  return readingsOf((await answer.json()) as Record<string, string>);
}

/** Whether these signs, from the first on, sound as the letters say; the last may be begun only. */
function reads(signs: readonly string[], at: number, letters: string, all: Readings): boolean {
  if (letters === '') return true;
  return (all.get(signs[at] ?? '') ?? []).some((syllable) => syllable.startsWith(letters) || (letters.startsWith(syllable) && reads(signs, at + 1, letters.slice(syllable.length), all)));
}

/** Whether there are signs in the text that are read so, or that begin with these letters, one a sign. */
export function sounds(text: string, letters: string, all: Readings): boolean {
  // Longer ones nobody spells.
  if (!/^[a-z]{1,24}$/.test(letters)) return false;
  const signs = [...text];
  const initials = (from: number): boolean => [...letters].every((letter, i) => (all.get(signs[from + i] ?? '') ?? []).some((syllable) => syllable.startsWith(letter)));
  return signs.some((_, at) => reads(signs, at, letters, all) || (letters.length > 1 && initials(at)));
}
