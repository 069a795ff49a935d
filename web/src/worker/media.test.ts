import { expect, test } from 'vitest';
import { isMedia, isOnce, Media, type Kept, type World } from './media.ts';

const MB = 2 ** 20;

/** A cache as the specification has it: in the order in which things were put, the newest last. */
function shelf(): Kept & { names(): string[] } {
  const all = new Map<string, Response>();
  const name = (key: RequestInfo | URL): string => (typeof key === 'string' ? key : (key as Request).url);
  return {
    names: () => [...all.keys()],
    keys: async () => [...all.keys()].map((url) => ({ url }) as Request),
    match: async (key) => all.get(name(key))?.clone(),
    put: async (key, answer) => {
      all.delete(name(key));
      all.set(name(key), new Response(await answer.blob(), { headers: answer.headers }));
    },
    delete: async (key) => all.delete(name(key)),
  };
}

function media(quota: number, size = MB): { media: Media; cache: ReturnType<typeof shelf>; asked: string[]; get(url: string, range?: string): Promise<Response>; world: World & { time: number; isThere: boolean } } {
  const cache = shelf();
  const asked: string[] = [];
  const world = {
    time: 1000, isThere: true,
    open: async () => cache,
    fetch: async (url: string) => {
      if (!world.isThere) throw new TypeError('no network');
      asked.push(url);
      return new Response(new Uint8Array(size).fill(7), { headers: { 'content-length': String(size), 'content-type': 'image/png' } });
    },
    quota: async () => quota,
    now: () => world.time,
  };
  const made = new Media(world);
  return {
    media: made, cache, asked, world,
    async get(url, range) {
      const works: Promise<unknown>[] = [];
      const answer = await made.answer(url, range ?? null, (work) => works.push(work));
      await Promise.all(works);
      return answer;
    },
  };
}

test('what was seen is here without a network, and is fetched once', async () => {
  const { get, asked, world } = media(100 * MB);
  await get('/upload/1/a.png');
  world.isThere = false;
  expect((await (await get('/upload/1/a.png')).blob()).size).toBe(MB);
  expect(asked).toEqual(['/upload/1/a.png']);
  await expect(get('/upload/2/b.png')).rejects.toThrow('no network');
});

test('a part is cut out of the whole', async () => {
  const { get, asked } = media(100 * MB);
  for (const [range, status, length] of [['bytes=0-', 206, MB], ['bytes=10-19', 206, 10], [`bytes=${MB}-`, 416, 0]] as const) {
    const answer = await get('/upload/1/a.ogg', range);
    expect([answer.status, (await answer.blob()).size]).toEqual([status, length]);
  }
  expect(asked).toHaveLength(1);
});

test('the bytes are bounded: what was wanted longest ago goes first', async () => {
  const { get, cache, world } = media(4 * 10 * MB);
  for (let i = 0; i < 10; i++) await get(`/upload/${i}/a.png`);
  expect(cache.names()).toHaveLength(10);
  // A day later the first is wanted again.
  world.time += 100_000_000;
  await get('/upload/0/a.png');
  await get('/upload/10/a.png');
  expect(cache.names()).toEqual([...[3, 4, 5, 6, 7, 8, 9].map((i) => `/upload/${i}/a.png`), '/upload/0/a.png', '/upload/10/a.png']);
});

test('what is very large is not kept', async () => {
  const { get, cache } = media(4000 * MB, 33 * MB);
  await get('/upload/1/a.png');
  expect(cache.names()).toEqual([]);
});

test('what may be seen once, films and what is not a file are none of its business', () => {
  const is = (path: string, destination: RequestDestination): boolean => isMedia({ destination }, new URL(path, 'https://a.example'));
  expect([is('/upload/1/a.png', 'image'), is('/upload/1/a.png?thumbnail', 'image'), is('/upload/1/a.ogg', 'audio')]).toEqual([true, true, true]);
  expect([is('/upload/1/a.png?once', 'image'), is('/upload/1/a.mp4', 'video'), is('/upload/1/a.pdf', 'document'), is('/avatar/1', 'image')]).toEqual([false, false, false, false]);
  expect(isOnce(new URL('https://a.example/upload/1/a.png?once'))).toBe(true);
});
