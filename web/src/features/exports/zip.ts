// Files as one: a ZIP archive without compression, since pictures and videos are compressed already.

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The form has 32 bits for sizes and 16 for the number of files. */
export const MAX_ZIP_BYTES = 2 ** 32 - 2 ** 24;
const MAX_FILES = 65_000;

/** Names are UTF-8. */
const UTF8 = 0x0800;
const VERSION = 20;

export class Zip {
  private readonly parts: BlobPart[] = [];
  private readonly directory: Uint8Array<ArrayBuffer>[] = [];
  private size = 0;

  fits(bytes: number): boolean {
    return this.size + bytes < MAX_ZIP_BYTES && this.directory.length < MAX_FILES;
  }

  add(name: string, content: Uint8Array<ArrayBuffer>, time: number): void {
    const path = new TextEncoder().encode(name);
    const facts = this.facts(path, content, time);
    this.directory.push(record(0x02014b50, [[2, VERSION]], facts, [[2, 0], [2, 0], [2, 0], [4, 0], [4, this.size]], path));
    const head = record(0x04034b50, [], facts, [], path);
    // A copy in the browser's keeping, so that the page does not hold it all.
    this.parts.push(head, new Blob([content]));
    this.size += head.length + content.length;
  }

  private facts(path: Uint8Array, content: Uint8Array, time: number): Field[] {
    const at = new Date(time);
    const clock = (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
    const day = (Math.max(0, at.getFullYear() - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate();
    return [[2, VERSION], [2, UTF8], [2, 0], [2, clock], [2, day], [4, crc32(content)], [4, content.length], [4, content.length], [2, path.length], [2, 0]];
  }

  end(): Blob {
    const length = this.directory.reduce((sum, entry) => sum + entry.length, 0);
    const count = this.directory.length;
    const end = record(0x06054b50, [[2, 0], [2, 0], [2, count], [2, count], [4, length], [4, this.size], [2, 0]], [], [], new Uint8Array());
    return new Blob([...this.parts, ...this.directory, end], { type: 'application/zip' });
  }
}

type Field = readonly [bytes: 2 | 4, value: number];

function record(sign: number, before: Field[], facts: Field[], after: Field[], name: Uint8Array): Uint8Array<ArrayBuffer> {
  const fields: Field[] = [[4, sign], ...before, ...facts, ...after];
  const head = fields.reduce((sum, [bytes]) => sum + bytes, 0);
  const all = new Uint8Array(head + name.length);
  const view = new DataView(all.buffer);
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  all.set(name, head);
  return all;
}
