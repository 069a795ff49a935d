// What a message of the interface is, and how values get into it.

/** A sentence with {places}; where a number decides, one for "one" and one for the rest. */
export type Text = string | { readonly one: string; readonly other: string };

/** What a translation of an area is: as many messages under the same keys, no fewer and no more. */
export type Same<En> = Readonly<Record<keyof En, Text>>;

export type Values = Record<string, string | number>;

/** The names of a sentence's places; a number decides where there are two forms. */
type Places<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Places<Rest> : T extends { one: infer One; other: infer Other } ? 'n' | Places<One> | Places<Other> : never;

/** The values that a sentence asks for, as what follows its key: all of its places and no others. */
export type Placed<T> = [Places<T>] extends [never] ? [] : [values: Readonly<Record<Places<T>, string | number>>];

/** Fills the places. A value is isolated (U+2068, U+2069), so that a name in another direction cannot turn the sentence around. */
export function fill(text: Text, values: Values | undefined, locale: string): string {
  const n = values?.['n'];
  const chosen = typeof text === 'string' ? text : new Intl.PluralRules(locale).select(Number(n ?? 0)) === 'one' ? text.one : text.other;
  if (!values) return chosen;
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : `\u2068${value}\u2069`;
  });
}
