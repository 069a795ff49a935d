// Reed-Solomon over GF(256), as QR codes use it: a block with wrong codewords is put right, or refused.

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let i = 0, value = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = value;
  LOG[value] = i;
  value <<= 1;
  if (value & 0x100) value ^= 0x11d;
}
const at = (table: Uint8Array, i: number): number => table[i] ?? 0;
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : at(EXP, at(LOG, a) + at(LOG, b)));
const over = (a: number, b: number): number => (a === 0 ? 0 : at(EXP, at(LOG, a) + 255 - at(LOG, b)));

/** Coefficients from the lowest. */
function valueOf(polynomial: readonly number[], x: number): number {
  let value = 0;
  for (let i = polynomial.length - 1; i >= 0; i--) value = times(value, x) ^ (polynomial[i] ?? 0);
  return value;
}

/** Puts the block right in its place. False: more is wrong than can be known. */
export function correct(block: Uint8Array, ecc: number): boolean {
  const fromLowest = Array.from(block).reverse();
  const syndromes = Array.from({ length: ecc }, (_, i) => valueOf(fromLowest, at(EXP, i)));
  if (syndromes.every((one) => one === 0)) return true;
  // Berlekamp and Massey: the shortest register that makes the syndromes.
  let locator = [1];
  let before = [1];
  let [length, shift, last] = [0, 1, 1];
  for (let n = 0; n < ecc; n++) {
    let wrong = syndromes[n] ?? 0;
    for (let i = 1; i <= length; i++) wrong ^= times(locator[i] ?? 0, syndromes[n - i] ?? 0);
    if (wrong === 0) {
      shift += 1;
      continue;
    }
    const kept = [...locator];
    const factor = over(wrong, last);
    for (let i = 0; i < before.length; i++) locator[i + shift] = (locator[i + shift] ?? 0) ^ times(factor, before[i] ?? 0);
    locator = Array.from(locator, (value) => value ?? 0);
    if (2 * length <= n) [length, before, last, shift] = [n + 1 - length, kept, wrong, 1];
    else shift += 1;
  }
  if (length === 0 || 2 * length > ecc) return false;
  // Where it is zero something is wrong (Chien), and by how much (Forney).
  const evaluator = Array.from({ length: ecc }, (_, i) => {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum ^= times(syndromes[j] ?? 0, locator[i - j] ?? 0);
    return sum;
  });
  let found = 0;
  for (let i = 0; i < block.length; i++) {
    const inverse = at(EXP, (255 - i) % 255);
    if (valueOf(locator, inverse) !== 0) continue;
    // The derivative has the odd terms alone.
    let slope = 0;
    for (let j = 1; j < locator.length; j += 2) slope ^= times(locator[j] ?? 0, at(EXP, ((255 - i) * (j - 1)) % 255));
    if (slope === 0) return false;
    const place = block.length - 1 - i;
    block[place] = at(block, place) ^ times(at(EXP, i), over(valueOf(evaluator, inverse), slope));
    found += 1;
  }
  return found === length;
}
