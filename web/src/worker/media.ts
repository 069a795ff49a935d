// Pictures and recordings that were seen and heard are here when there is no network. Their bytes are bounded: what was
// wanted longest ago goes first, to the day. What nobody names any more the engine takes away (sync/files.ts).

import { FILES, MEDIA, ONCE } from '../util/media.ts';

/** In all, and no more than a quarter of what the browser gives us. */
const MEDIA_BYTES = 512 * 2 ** 20;
const SHARE = 4;
/** What is larger is fetched each time. */
const FILE_BYTES = 32 * 2 ** 20;
/** After room was made there is some, so that it is not made for every file. */
const ROOM = 0.9;
/** What is wanted again is put behind the others once in so long. */
const AGAIN_MS = 86_400_000;
const KEPT_AT = 'x-kept-at';

/** What of the Cache API is used. */
export type Kept = Pick<Cache, 'keys' | 'match' | 'put' | 'delete'>;
export interface World {
  open(name: string): Promise<Kept>;
  fetch(url: string, init?: RequestInit): Promise<Response>;
  quota(): Promise<number>;
  now(): number;
}

/** To be answered by `media`. */
export function isMedia({ destination }: Pick<Request, 'destination'>, { pathname, search }: URL): boolean {
  return pathname.startsWith(FILES) && (search === '' || search === '?thumbnail') && (destination === 'image' || destination === 'audio');
}

export function isOnce({ pathname, search }: URL): boolean {
  return pathname.startsWith(FILES) && search === ONCE;
}

export class Media {
  /** What is kept, as far as it is known here; the engine takes some away meanwhile. */
  private bytes: number | undefined;

  constructor(private readonly world: World) {}

  /** From what is kept, else from the server. `after`: takes what goes on behind the answer. */
  async answer(url: string, range: string | null, after: (work: Promise<unknown>) => void): Promise<Response> {
    const cache = await this.world.open(MEDIA);
    const known = await cache.match(url);
    if (known) {
      if (this.world.now() - Number(known.headers.get(KEPT_AT)) > AGAIN_MS) after(this.keep(cache, url, known.clone()));
      return part(known, range);
    }
    // The whole, also for who asks for a part: a recording is played from its beginning.
    const answer = await this.world.fetch(url);
    if (answer.status !== 200 || !(sizeOf(answer) <= FILE_BYTES)) return answer;
    after(this.keep(cache, url, answer.clone()));
    return part(answer, range);
  }

  private async keep(cache: Kept, url: string, answer: Response): Promise<void> {
    const headers = new Headers(answer.headers);
    headers.set(KEPT_AT, String(this.world.now()));
    try {
      await cache.put(url, new Response(answer.body, { headers }));
    } catch {
      // There is no room for it.
      return;
    }
    const bound = Math.min(MEDIA_BYTES, (await this.world.quota()) / SHARE);
    this.bytes = this.bytes === undefined ? await total(cache) : this.bytes + sizeOf(answer);
    if (this.bytes > bound) this.bytes = await shrink(cache, bound);
  }
}

const sizeOf = (answer: Response): number => Number(answer.headers.get('content-length') ?? NaN);

async function sizes(cache: Kept): Promise<[request: Request, size: number][]> {
  const keys = await cache.keys();
  return Promise.all(keys.map(async (key) => [key, (await cache.match(key).then((kept) => kept && sizeOf(kept))) ?? 0]));
}

async function total(cache: Kept): Promise<number> {
  return (await sizes(cache)).reduce((all, [, size]) => all + size, 0);
}

/** Those that were put first go, until there is room again under the bound; answers how much is left. */
async function shrink(cache: Kept, bound: number): Promise<number> {
  const all = await sizes(cache);
  let left = all.reduce((sum, [, size]) => sum + size, 0);
  const goal = left > bound ? bound * ROOM : bound;
  for (const [request, size] of all) {
    if (left <= goal) break;
    await cache.delete(request);
    left -= size;
  }
  return left;
}

/** Of the whole what was asked for (RFC 9110 section 14). */
async function part(whole: Response, range: string | null): Promise<Response> {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  if (!asked) return whole;
  const content = await whole.blob();
  const from = Number(asked[1]);
  const to = Math.min(content.size, asked[2] ? Number(asked[2]) + 1 : content.size);
  if (from >= to) return new Response(null, { status: 416, headers: { 'content-range': `bytes */${content.size}` } });
  const headers = new Headers(whole.headers);
  headers.set('content-range', `bytes ${from}-${to - 1}/${content.size}`);
  headers.set('content-length', String(to - from));
  return new Response(content.slice(from, to), { status: 206, headers });
}
