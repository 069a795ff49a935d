// A text as a picture, for every client that shows pictures.

export interface Ground {
  id: string;
  from: string;
  to: string;
}

/** White text on each of them has a contrast of 4.5:1 and more. */
export const GROUNDS: readonly Ground[] = [
  { id: 'indigo', from: '#31398f', to: '#1c2259' },
  { id: 'madder', from: '#a03a26', to: '#5f1d1c' },
  { id: 'forest', from: '#1f6a52', to: '#0e3a33' },
  { id: 'plum', from: '#7b2d72', to: '#3d1648' },
  { id: 'weld', from: '#8a5f0c', to: '#553405' },
  { id: 'slate', from: '#4a5568', to: '#1f2633' },
];

const WIDTH = 1080;
const HEIGHT = 1920;
const MARGIN = 110;

/** How large the letters of a text are, in hundredths of the picture's width: short ones shout. */
export function letterSize(text: string): number {
  const length = [...text].length + 18 * (text.split('\n').length - 1);
  return length <= 30 ? 9.5 : length <= 90 ? 7.2 : length <= 220 ? 5.4 : 4.2;
}

/** The text in lines that fit. Breaks stand between words, in scripts without spaces between any two letters. */
export function linesOf(text: string, width: number, measure: (line: string) => number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const piece of pieces(paragraph)) {
      if (line.trim() !== '' && measure((line + piece).trimEnd()) > width) {
        lines.push(line.trimEnd());
        line = piece.trimStart();
      } else line += piece;
      // A word that is longer than the line is cut.
      while (measure(line.trimEnd()) > width && [...line].length > 1) {
        const letters = [...line];
        let most = letters.length - 1;
        while (most > 1 && measure(letters.slice(0, most).join('')) > width) most -= 1;
        lines.push(letters.slice(0, most).join(''));
        line = letters.slice(most).join('');
      }
    }
    return [...lines, line.trimEnd()];
  });
}

function pieces(paragraph: string): string[] {
  return paragraph.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}][，。！？、；：」』）…]*|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+\s*|\s+/gu) ?? [];
}

export async function draw(text: string, ground: Ground, font: string): Promise<File> {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('no canvas');
  const fill = pen.createLinearGradient(0, 0, WIDTH * 0.4, HEIGHT);
  fill.addColorStop(0, ground.from);
  fill.addColorStop(1, ground.to);
  pen.fillStyle = fill;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  const size = (letterSize(text) * WIDTH) / 100;
  pen.font = `600 ${size}px ${font}`;
  pen.fillStyle = '#fff';
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  const lines = linesOf(text, WIDTH - 2 * MARGIN, (line) => pen.measureText(line).width);
  const leading = size * 1.32;
  lines.forEach((line, i) => pen.fillText(line, WIDTH / 2, HEIGHT / 2 + (i - (lines.length - 1) / 2) * leading));
  return new File([await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 })], 'story.jpg', { type: 'image/jpeg' });
}
