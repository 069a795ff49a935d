// Photographs for the gallery, painted here, so that none has to be kept: ridges in fading light.

const SKIES = [
  ['oklch(0.82 0.09 60)', 'oklch(0.62 0.12 350)', 'oklch(0.42 0.09 290)'],
  ['oklch(0.9 0.05 220)', 'oklch(0.72 0.08 230)', 'oklch(0.5 0.08 250)'],
  ['oklch(0.88 0.1 90)', 'oklch(0.75 0.1 140)', 'oklch(0.45 0.08 170)'],
  ['oklch(0.5 0.1 280)', 'oklch(0.35 0.1 285)', 'oklch(0.22 0.06 280)'],
] as const;

export async function photos(): Promise<string[]> {
  return Promise.all(
    SKIES.map(async (sky, n) => {
      const [width, height] = [900, 600];
      const canvas = new OffscreenCanvas(width, height);
      const paint = canvas.getContext('2d');
      if (!paint) return '';
      const fade = paint.createLinearGradient(0, 0, 0, height);
      sky.forEach((colour, i) => fade.addColorStop(1 - i / 2, colour));
      paint.fillStyle = fade;
      paint.fillRect(0, 0, width, height);
      paint.fillStyle = 'oklch(0.97 0.04 85 / 85%)';
      paint.beginPath();
      paint.arc(width * (0.25 + 0.18 * n), height * 0.32, 46, 0, 7);
      paint.fill();
      for (let ridge = 0; ridge < 4; ridge += 1) {
        paint.fillStyle = `oklch(${0.48 - ridge * 0.09} ${0.07 - ridge * 0.01} ${270 - n * 40})`;
        paint.beginPath();
        paint.moveTo(0, height);
        for (let x = 0; x <= width; x += 6) paint.lineTo(x, height * (0.52 + ridge * 0.12) - 60 * Math.abs(Math.sin(x / (110 + ridge * 35) + ridge * 2 + n)) - 14 * Math.sin(x / 23 + n));
        paint.lineTo(width, height);
        paint.fill();
      }
      return URL.createObjectURL(await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 }));
    }),
  );
}
