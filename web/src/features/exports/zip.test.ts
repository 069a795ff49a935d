import { expect, test } from 'vitest';
import { crc32, Zip } from './zip.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

test('the sum is the one that everybody uses', () => {
  expect(crc32(bytes('123456789'))).toBe(0xcbf43926);
});

test('the directory leads to each file, with its name in any script and its sum', async () => {
  const files = [['chat.txt', bytes('你好 hello')], ['files/图片 1.jpg', Uint8Array.from({ length: 70_000 }, (_, i) => i % 251)]] as const;
  const zip = new Zip();
  for (const [name, content] of files) zip.add(name, content, Date.UTC(2026, 10, 24, 12));
  const buffer = await zip.end().arrayBuffer();
  const view = new DataView(buffer);
  const end = buffer.byteLength - 22;
  expect([view.getUint32(end, true), view.getUint16(end + 10, true)]).toEqual([0x06054b50, 2]);
  let at = view.getUint32(end + 16, true);
  for (const [name, content] of files) {
    const [sum, size, length, start] = [view.getUint32(at + 16, true), view.getUint32(at + 24, true), view.getUint16(at + 28, true), view.getUint32(at + 42, true)];
    expect(new TextDecoder().decode(buffer.slice(at + 46, at + 46 + length))).toBe(name);
    expect([view.getUint32(start, true), sum]).toEqual([0x04034b50, crc32(content)]);
    expect(new Uint8Array(buffer.slice(start + 30 + length, start + 30 + length + size))).toEqual(content);
    at += 46 + length;
  }
  expect(at).toBe(end);
});

test('what is too large for the form is refused before it is added', () => {
  expect(new Zip().fits(2 ** 32)).toBe(false);
});
