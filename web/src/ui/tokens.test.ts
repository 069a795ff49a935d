import { expect, test } from 'vitest';
import css from './tokens.css?raw';

type Triple = [number, number, number];

/** OKLCH to linear sRGB, cut where a screen cannot show it. */
function linear(lightness: number, chroma: number, hue: number): Triple {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)];
  const [l, m, s] = [lightness + 0.3963377774 * a + 0.2158037573 * b, lightness - 0.1055613458 * a - 0.0638541728 * b, lightness - 0.0894841775 * a - 1.291485548 * b].map((x) => x ** 3) as Triple;
  return ([4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s] as Triple).map((x) => Math.min(1, Math.max(0, x))) as Triple;
}

const luminance = ([r, g, b]: Triple): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** The declarations of a block, those that come later over those before. */
function block(selector: string): Map<string, string> {
  const body = css.split(`\n${selector} {`).slice(1).map((rest) => rest.split('\n}')[0]).join('\n');
  return new Map([...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((found) => [found[1] ?? '', (found[2] ?? '').replace(/\s+/g, ' ')]));
}

const DYES = [...css.matchAll(/\n\[data-dye="(\w+)"\]/g)].map((found) => found[1] ?? '');

/** What a token is in a theme, as a luminance. */
function shade(tokens: ReadonlyMap<string, string>, name: string, isDark: boolean): number {
  let value = tokens.get(name) ?? '';
  for (let deep = 0; deep < 5; deep++) value = value.replace(/var\(--([\w-]+)\)/g, (_, other: string) => tokens.get(other) ?? '');
  value = value.replace(/calc\(([\d.]+) ([*+-]) ([\d.]+)\)/g, (_, a: string, sign: string, b: string) => String(sign === '*' ? Number(a) * Number(b) : sign === '+' ? Number(a) + Number(b) : Number(a) - Number(b)));
  const colours = [...value.matchAll(/oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g)].map((found) => linear(Number(found[1]), Number(found[2]), Number(found[3])));
  const colour = colours[isDark ? 1 : 0];
  if (!colour) throw new Error(`--${name} is not understood: ${value}`);
  return luminance(colour);
}

const PAIRS = [
  ['accent', 'surface'], ['accent', 'sheet'], ['accent', 'ground'], ['on-accent', 'accent'], ['on-accent-soft', 'accent-soft'],
  ['text-on-own', 'bubble-own'], ['text-2-on-own', 'bubble-own'], ['text-on-own', 'bubble-own-2'], ['text', 'accent-soft'],
] as const;

test('there are several dyes', () => expect(DYES.length).toBeGreaterThan(4));

test.each(DYES)('%s is read on what it lies on, in every theme', (dye) => {
  for (const isStrong of [false, true]) {
    const tokens = new Map([...block(':root'), ...block(`[data-dye="${dye}"]`), ...(isStrong ? block(':root[data-contrast="more"]') : [])]);
    for (const isDark of [false, true]) {
      for (const [text, ground] of PAIRS) {
        const [a, b] = [shade(tokens, text, isDark), shade(tokens, ground, isDark)];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        expect(ratio, `${text} on ${ground}${isDark ? ', dark' : ''}${isStrong ? ', high contrast' : ''}`).toBeGreaterThanOrEqual(isStrong ? 7 : 4.5);
      }
    }
  }
});
