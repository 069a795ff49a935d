// Pictures of the client as it is: a started server, people who talk, and one of them in front of the page.
// `npm run shots:live`; they go to shots/out/live, or where SKEIN_SHOTS says. The best stand in docs/.

import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { befriend, browse, Person, Server, until } from '../../e2e/harness.ts';

const OUT = resolve(process.env.SKEIN_SHOTS ?? join(import.meta.dirname, '../out/live'));
const PASSWORD = 'a sentence that is long enough';

let server: Server;
let browser: Browser;

const TONGUES = {
  en: {
    names: { mei: 'Mei Lin', jonas: 'Jonas Weber', amara: 'Amara Okafor', tomas: 'Tomás Rivera', ivy: 'Ivy Chen' },
    room: 'Hut weekend',
    about: 'Three days, one stove, no phones after nine.',
    hello: ['Good morning! I walked up to the ridge before work.', 'Look at this:'],
    view: 'That view! Are you still up there?',
    plan: 'Plan for Saturday:\n> bring the *long* rope\nand the route is in `north-face.gpx`',
    stove: 'I will bring the stove and the good coffee.',
    seven: 'Meet at seven?',
    perfect: 'Seven is perfect. Here is where I park:',
    chapel: 'Below the old chapel',
    gloves: 'And do not forget your gloves this time 😄',
    keys: 'Who can take the keys on Friday?',
    office: 'I pass the office at five anyway.',
    rooms: '@Mei Lin can you bring the list of rooms?',
    lists: 'Printed and laminated. I have feelings about lists.',
    winter: 'The hut last winter',
    snow: 'Weather says snow from Thursday ❄️',
    chains: 'Chains for the car, everyone!',
    drive: 'I can drive four people, leaving at six sharp.',
    poll: ['When do we leave on Friday?', 'Right after work, at five', 'After dinner, at eight', 'Early on Saturday'],
    contract: 'The contract is signed. On to the fun part.',
    fonts: 'Sent you the fonts.',
    note: 'Milk, lamp oil, birthday card',
  },
  'zh-Hans': {
    names: { mei: '林美', jonas: '陈思远', amara: '林悦', tomas: '周子墨', ivy: '何雨桐' },
    room: '小屋周末',
    about: '三天，一个炉子，九点后不看手机。',
    hello: ['早上好！上班前我爬上了山脊。', '你看这个：'],
    view: '这风景！你还在上面吗？',
    plan: '周六的计划：\n> 带 *长* 绳子\n路线在 `north-face.gpx` 里',
    stove: '我带炉子和好咖啡。',
    seven: '七点见？',
    perfect: '七点正好。我的车停在这里：',
    chapel: '老教堂下面',
    gloves: '这次别忘了手套 😄',
    keys: '周五谁能去拿钥匙？',
    office: '我五点正好路过办公室。',
    rooms: '@林美 你能带上房间名单吗？',
    lists: '打印好了，还过了塑。我对名单是认真的。',
    winter: '去年冬天的小屋',
    snow: '天气预报说周四开始下雪 ❄️',
    chains: '大家记得带防滑链！',
    drive: '我能载四个人，六点准时出发。',
    poll: ['周五几点出发？', '下班就走，五点', '晚饭后，八点', '周六一早'],
    contract: '合同签好了，接下来是有趣的部分。',
    fonts: '字体已发给你。',
    note: '牛奶、灯油、生日卡',
  },
} as const;
type Tongue = keyof typeof TONGUES;

beforeAll(async () => {
  server = await new Server().start();
  browser = await browse();
  mkdirSync(OUT, { recursive: true });
});
afterAll(async () => {
  await browser?.close();
  await server?.end();
});

/** A photograph painted in the page, and sent or worn. */
async function paint(person: Person, kind: 'file' | 'face', n: number, chat = ''): Promise<void> {
  await person.page.evaluate(
    async ([kind, n, chat]) => {
      const skies = [
        ['oklch(0.82 0.09 60)', 'oklch(0.62 0.12 350)', 'oklch(0.42 0.09 290)'],
        ['oklch(0.9 0.05 220)', 'oklch(0.72 0.08 230)', 'oklch(0.5 0.08 250)'],
        ['oklch(0.88 0.1 90)', 'oklch(0.75 0.1 140)', 'oklch(0.45 0.08 170)'],
        ['oklch(0.5 0.1 280)', 'oklch(0.35 0.1 285)', 'oklch(0.22 0.06 280)'],
      ];
      const [width, height] = kind === 'face' ? [192, 192] : [1200, 800];
      const canvas = new OffscreenCanvas(width, height);
      const brush = canvas.getContext('2d');
      if (!brush) return;
      const scale = height / 600;
      const fade = brush.createLinearGradient(0, 0, 0, height);
      (skies[n % 4] ?? []).forEach((colour, i) => fade.addColorStop(1 - i / 2, colour));
      brush.fillStyle = fade;
      brush.fillRect(0, 0, width, height);
      brush.fillStyle = 'oklch(0.97 0.04 85 / 85%)';
      brush.beginPath();
      brush.arc(width * (0.25 + 0.18 * (n % 4)), height * 0.32, 46 * scale, 0, 7);
      brush.fill();
      for (let ridge = 0; ridge < 4; ridge += 1) {
        brush.fillStyle = `oklch(${0.48 - ridge * 0.09} ${0.07 - ridge * 0.01} ${270 - n * 40})`;
        brush.beginPath();
        brush.moveTo(0, height);
        for (let x = 0; x <= width; x += 4) brush.lineTo(x, height * (0.52 + ridge * 0.12) - 60 * scale * Math.abs(Math.sin(x / scale / (110 + ridge * 35) + ridge * 2 + n)) - 14 * scale * Math.sin(x / scale / 23 + n));
        brush.lineTo(width, height);
        brush.fill();
      }
      const blob = await canvas.convertToBlob({ type: kind === 'face' ? 'image/png' : 'image/jpeg', quality: 0.85 });
      const { call } = window as unknown as { call: (name: string, args: unknown) => Promise<unknown> };
      if (kind === 'face') await call('setAvatar', { blob, width, height });
      else await call('sendFiles', { chat, files: [{ blob, name: `photo-${n}.jpg`, width, height }] });
    },
    [kind, n, chat] as const,
  );
}

async function voice(person: Person, chat: string): Promise<void> {
  await person.page.evaluate(async (to) => {
    const waveform = Array.from({ length: 48 }, (_, i) => Math.round((0.25 + 0.7 * Math.abs(Math.sin(i * 0.55) * Math.cos(i * 0.21))) * 100) / 100);
    const { call } = window as unknown as { call: (name: string, args: unknown) => Promise<unknown> };
    await call('sendFiles', { chat: to, files: [{ blob: new Blob([new Uint8Array(4000)], { type: 'audio/ogg' }), name: 'voice.ogg', duration: 23, waveform, voice: true }] });
  }, chat);
}

/** Somebody in front of the page, signed in through the form. */
async function sitDown(tongue: Tongue, name: string, size: { width: number; height: number }, phone: boolean, fresh: boolean): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ viewport: size, deviceScaleFactor: phone ? 2 : 1, hasTouch: phone, isMobile: phone, reducedMotion: 'reduce', locale: tongue === 'en' ? 'en-GB' : 'zh-CN', timezoneId: 'Europe/Zurich' });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error('page:', error.message));
  await page.goto(server.origin);
  await page.waitForSelector('form');
  await page.waitForTimeout(300);
  if (fresh) await page.screenshot({ path: join(OUT, `entry-${tongue}${phone ? '-phone' : ''}.png`) });
  await page.fill('input[name=username]', name);
  await page.fill('input[name=password]', PASSWORD);
  await page.click('button[type=submit]');
  await page.waitForSelector('.rail');
  return { context, page };
}

const look = async (page: Page, name: string, dark = false): Promise<void> => {
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  await page.waitForTimeout(250);
  await page.screenshot({ path: join(OUT, `${name}.png`) });
};

test.each<Tongue>(['en', 'zh-Hans'])('pictures in %s', async (tongue) => {
  const T = TONGUES[tongue];
  const suffix = tongue === 'en' ? '' : 'zh';
  const people: Record<string, Person> = {};
  const last = Math.random().toString(36).slice(2, 6);
  for (const id of ['mei', 'jonas', 'amara', 'tomas', 'ivy']) {
    const person = await Person.make(browser, server, `${id}${suffix}${tongue === 'en' ? '' : last}`);
    await person.call('register', { name: person.name, password: PASSWORD });
    await person.online();
    await person.call('saveProfile', { name: T.names[id as keyof typeof T.names] });
    people[id] = person;
  }
  const { mei, jonas, amara, tomas, ivy } = people as Record<'mei' | 'jonas' | 'amara' | 'tomas' | 'ivy', Person>;
  await paint(jonas, 'face', 0);
  await paint(ivy, 'face', 2);
  for (const other of [jonas, amara, tomas, ivy]) await befriend(mei, other);
  const room = await mei.call('createRoom', { name: T.room, description: T.about, members: [amara.jid, tomas.jid, ivy.jid], membersOnly: true });
  for (const person of [amara, tomas, ivy]) await person.call('joinRoom', { room });
  const pause = (): Promise<unknown> => mei.page.waitForTimeout(250);
  const say = async (person: Person, chat: string, text: string): Promise<string> => {
    const id = await person.call('send', { chat, text });
    await person.see('messages', { chat, anchor: 'end', before: 3, after: 0 }, (window) => window.rows.some((row) => row.text === text && row.ticks !== 'queued'), `has sent ${text}`);
    await pause();
    return id;
  };
  await say(ivy, mei.jid, T.fonts);
  await say(amara, mei.jid, T.contract);

  await say(amara, room, T.keys);
  await say(tomas, room, T.office);
  await say(tomas, room, T.rooms);
  await say(mei, room, T.lists);
  await paint(ivy, 'file', 1, room);
  await pause();
  await say(ivy, room, T.winter);
  const [question = '', ...options] = T.poll;
  await tomas.call('sendPoll', { chat: room, question, options: [...options], multiple: false });
  for (const [who, choice] of [[tomas, 0], [ivy, 0], [amara, 1], [mei, 0]] as const) {
    const window = await who.see('messages', { chat: room, anchor: 'end', before: 4, after: 0 }, ({ rows }) => rows.some((row) => row.kind === 'poll' && row.ticks !== 'queued'), 'sees the poll');
    await who.call('vote', { chat: room, id: window.rows.findLast((row) => row.kind === 'poll')?.id ?? '', choices: [choice] });
  }
  await say(amara, room, T.snow);
  await say(amara, room, T.chains);
  await say(mei, room, T.drive);

  for (const text of T.hello) await say(jonas, mei.jid, text);
  await paint(jonas, 'file', 0, mei.jid);
  await mei.see('messages', { chat: jonas.jid, anchor: 'end', before: 3, after: 0 }, ({ rows }) => rows.some((row) => row.kind === 'image'), 'has the photograph');
  const photo = await mei.see('messages', { chat: jonas.jid, anchor: 'end', before: 5, after: 0 }, () => true, 'sees');
  await mei.call('react', { chat: jonas.jid, id: photo.rows.at(-1)?.id ?? '', emojis: ['😮'] });
  await say(mei, jonas.jid, T.view);
  await voice(jonas, mei.jid);
  await pause();
  await say(jonas, mei.jid, T.plan);
  await say(mei, jonas.jid, T.stove);
  await say(mei, jonas.jid, T.seven);
  await say(jonas, mei.jid, T.perfect);
  await jonas.call('sendPlace', { chat: mei.jid, place: { lat: 46.55, lon: 8.56, accuracy: 12, text: T.chapel } });
  await pause();
  await say(jonas, mei.jid, T.gloves);
  await mei.call('pin', { chat: room, on: true });
  await mei.call('send', { chat: mei.jid, text: T.note });

  const desk = await sitDown(tongue, mei.name, { width: 1280, height: 800 }, false, true);
  const { page } = desk;
  await until(async () => (await page.locator('.pane li a').count()) >= 4, 'the chats are there');
  await page.waitForTimeout(1200);
  await look(page, `chats-${tongue}`);
  await page.locator('.pane li a', { hasText: T.names.jonas }).click();
  await page.waitForSelector('path.land');
  await page.waitForTimeout(900);
  await look(page, `chat-${tongue}`);
  await look(page, `chat-dark-${tongue}`, true);
  await page.locator('.pane li a', { hasText: T.room }).click();
  await page.waitForTimeout(900);
  await tomas.call('typing', { chat: room, doing: 'composing' });
  await page.waitForTimeout(300);
  await look(page, `group-${tongue}`);
  await page.locator('.talking header button').nth(-2).click();
  await page.waitForSelector('aside .tiles');
  await page.waitForTimeout(500);
  await look(page, `group-info-dark-${tongue}`, true);
  await page.keyboard.press('Control+k');
  await page.waitForSelector('dialog[open] input');
  await page.keyboard.type(tongue === 'en' ? 'se' : '七点');
  await page.waitForTimeout(900);
  await look(page, `search-${tongue}`);
  await page.keyboard.press('Escape');
  for (const view of ['contacts', 'groups', 'settings/privacy', 'settings/devices', 'settings/profile']) {
    await page.goto(`${server.origin}/#/${view}`);
    await page.waitForTimeout(700);
    await look(page, `${view.replace('/', '-')}-${tongue}`);
  }
  await desk.context.close();

  const hand = await sitDown(tongue, mei.name, { width: 390, height: 844 }, true, true);
  await until(async () => (await hand.page.locator('.pane li a').count()) >= 4, 'the chats are there');
  await hand.page.waitForTimeout(1200);
  await look(hand.page, `phone-chats-${tongue}`);
  await look(hand.page, `phone-chats-dark-${tongue}`, true);
  await hand.page.locator('.pane li a', { hasText: T.names.jonas }).click();
  await hand.page.waitForSelector('path.land');
  await hand.page.waitForTimeout(900);
  await look(hand.page, `phone-chat-${tongue}`);
  await hand.page.locator('.back button').click();
  await hand.page.locator('.pane li a', { hasText: T.room }).click();
  await hand.page.waitForTimeout(900);
  await look(hand.page, `phone-group-dark-${tongue}`, true);
  await hand.context.close();
});
