// Initials and colour of those who have no picture.

/** Hues that stay apart from each other and keep their contrast with the letters on them. */
const HUES = [22, 48, 78, 118, 152, 182, 212, 242, 268, 296, 322, 350];

/** A colour for an address: the same in every place and on every device. */
export function hueOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const unit of key) {
    hash ^= unit.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return HUES[hash % HUES.length] ?? 268;
}

const CJK = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]/u;

/** Up to two letters; of a Chinese name the last character, which is what people call each other by. */
export function initialsOf(name: string): string {
  const trimmed = name.trim();
  const han = [...trimmed].filter((character) => CJK.test(character));
  if (han.length > 0) return han.slice(-1).join("");
  const words = trimmed.split(/[\s._\-@]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : undefined]
    .map((word) => (word ? [...word].find((character) => /[\p{L}\p{N}]/u.test(character)) : undefined))
    .filter((letter) => letter !== undefined);
  return letters.join("").toLocaleUpperCase() || "?";
}
