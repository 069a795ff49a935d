// Who and what the gallery shows, in the language it is shown in.

import type { Attachment, Chat, Contact, Message, Occupant, Picture, Storyteller } from '../../store/types.ts';

export type Tongue = 'en' | 'zh-Hans' | 'zh-Hant';

/** A noon that stands still, so that pictures of one day equal those of another. */
export const NOW = new Date(2026, 10, 24, 14, 20).getTime();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface World {
  chats: Chat[];
  contacts: Contact[];
  occupants: Occupant[];
  stories: Storyteller[];
  messages: Record<string, Message[]>;
}

let order = 0;

function message(chat: string, from: { name: string; jid: string } | 'me', ago: number, text: string, more: Partial<Message> = {}): Message {
  order += 1;
  return {
    id: `m${order}`,
    chat,
    from: from === 'me' ? { name: 'Mei Lin', jid: 'mei@skein.example', me: true } : { ...from, me: false },
    order,
    time: NOW - ago,
    kind: 'text',
    text,
    mine: from === 'me',
    ...(from === 'me' ? { ticks: 'read' as const } : {}),
    reactions: [],
    attachments: [],
    starred: false,
    pinned: false,
    mentions: [],
    gapBefore: false,
    ...more,
  };
}

function chat(jid: string, name: string, last: Message | undefined, more: Partial<Chat> = {}): Chat {
  return {
    jid,
    kind: 'person',
    name,
    ...(last ? { last: { id: last.id, kind: last.kind, text: last.text, mine: last.mine, name: last.from.name, time: last.time, ...(last.ticks ? { ticks: last.ticks } : {}) } } : {}),
    time: last?.time ?? 0,
    unread: 0,
    mentions: 0,
    marked: false,
    typing: [],
    pinned: false,
    mutedUntil: 0,
    archived: false,
    request: false,
    blocked: false,
    show: 'offline',
    complete: true,
    ...more,
  };
}

const picture = (url: string, name: string, width = 1600, height = 1067): Attachment => ({ kind: 'image', name, mime: 'image/jpeg', size: 842_000, url, width, height });
const wave = Array.from({ length: 48 }, (_, i) => Math.round((0.25 + 0.7 * Math.abs(Math.sin(i * 0.55) * Math.cos(i * 0.21))) * 100) / 100);

export function world(tongue: Tongue, photos: string[]): World {
  order = 0;
  const L = (en: string, hans: string, hant: string): string => ({ en, 'zh-Hans': hans, 'zh-Hant': hant })[tongue];
  const who = (id: string, name: string): { name: string; jid: string } => ({ jid: `${id}@skein.example`, name });
  const jonas = who('jonas', L('Jonas Weber', '陈思远', '陳思遠'));
  const amara = who('amara', L('Amara Okafor', '林悦', '林悅'));
  const tomas = who('tomas', L('Tomás Rivera', '周子墨', '周子墨'));
  const ivy = who('ivy', L('Ivy Chen', '何雨桐', '何雨桐'));
  const oskar = who('oskar', L('Oskar Lindqvist', '欧阳明', '歐陽明'));
  const nadia = who('nadia', L('Nadia Haddad', '沈佳怡', '沈佳怡'));
  const room = 'hut@rooms.skein.example';
  const photo = (i: number): string => photos[i % photos.length] ?? '';
  const avatar = (i: number): Picture => ({ hash: String(i), url: photo(i) });

  const first = message(jonas.jid, jonas, DAY + 5 * HOUR, L('Did the seedlings arrive?', '幼苗到了吗？', '幼苗到了嗎？'));
  const talk: Message[] = [
    first,
    message(jonas.jid, 'me', DAY + 4.9 * HOUR, L('All forty. The basil already smells like summer.', '四十株都到了，罗勒已经有夏天的味道了。', '四十株都到了，羅勒已經有夏天的味道了。')),
    message(jonas.jid, 'me', DAY + 4.88 * HOUR, '🌱🌿', { reactions: [{ emoji: '😍', count: 1, mine: false, names: [jonas.name] }] }),
    message(jonas.jid, jonas, 3 * HOUR, L('Good morning! I walked up to the ridge before work. Look at this:', '早上好！上班前我爬上了山脊，你看：', '早安！上班前我爬上了山脊，你看：')),
    message(jonas.jid, jonas, 3 * HOUR - 20_000, '', { kind: 'image', attachments: [picture(photo(0), 'ridge.jpg')], reactions: [{ emoji: '😮', count: 1, mine: true, names: ['Mei Lin'] }, { emoji: '❤️', count: 2, mine: false, names: [jonas.name, ivy.name] }] }),
    message(jonas.jid, 'me', 2.9 * HOUR, L('That light! Was it cold?', '这光线太美了！冷吗？', '這光線太美了！冷嗎？'), { replyTo: { id: 'm5', name: jonas.name, mine: false, kind: 'image', text: '' } }),
    message(jonas.jid, jonas, 2.8 * HOUR, '', { kind: 'voice', attachments: [{ kind: 'voice', name: 'voice.ogg', mime: 'audio/ogg', size: 41_000, duration: 23, waveform: wave, url: '#' }] }),
    message(jonas.jid, jonas, 2.7 * HOUR, L('Plan for Saturday:\n> bring the *long* rope\nand the route is in `north-face.gpx`, also at https://maps.example/r/42', '周六的计划：\n> 带上*长*绳\n路线在 `north-face.gpx`，也在 https://maps.example/r/42', '週六的計畫：\n> 帶上*長*繩\n路線在 `north-face.gpx`，也在 https://maps.example/r/42'), { edited: NOW - 2.6 * HOUR, starred: true, link: { url: 'https://maps.example/r/42', title: L('Route 42: the north face', '42 号路线：北壁', '42 號路線：北壁'), text: L('Eleven pitches, one hut, and a descent that one finds better by daylight.', '十一段路线、一座小屋，下山最好趁天亮。', '十一段路線、一座小屋，下山最好趁天亮。'), image: photo(2) } }),
    message(jonas.jid, jonas, 2.65 * HOUR, '', { kind: 'file', attachments: [{ kind: 'file', name: 'north-face.gpx', mime: 'application/gpx+xml', size: 184_320, url: '#' }] }),
    message(jonas.jid, 'me', 35 * MINUTE, L('I will bring the stove and the good coffee.', '我带炉子和好咖啡。', '我帶爐子和好咖啡。')),
    message(jonas.jid, 'me', 34 * MINUTE, L('Meet at seven?', '七点见？', '七點見？'), { ticks: 'delivered' }),
    message(jonas.jid, jonas, 12 * MINUTE, L('Seven is perfect. Here is where I park:', '七点正好。我停车的地方：', '七點正好。我停車的地方：')),
    message(jonas.jid, jonas, 11.9 * MINUTE, '', { kind: 'location', place: { lat: 46.85, lon: 9.53, accuracy: 12, text: L('Below the old chapel', '老教堂下面', '老教堂下面') } }),
    message(jonas.jid, jonas, 11 * MINUTE, L('And do not forget your gloves this time 😄', '这次别忘了手套😄', '這次別忘了手套😄')),
  ];
  const group: Message[] = [
    message(room, amara, 2 * DAY, '', { kind: 'system', event: { kind: 'created' } }),
    message(room, amara, 2 * DAY, '', { kind: 'system', event: { kind: 'joined', name: tomas.name } }),
    message(room, amara, 5 * HOUR, L('Who can take the keys on Friday?', '周五谁能去拿钥匙？', '週五誰能去拿鑰匙？'), { pinned: true }),
    message(room, tomas, 4.9 * HOUR, L('I pass the office at five anyway.', '我五点正好路过办公室。', '我五點正好路過辦公室。')),
    message(room, tomas, 4.89 * HOUR, L('@Mei Lin can you bring the list of rooms?', '@Mei Lin 你能带上房间名单吗？', '@Mei Lin 你能帶上房間名單嗎？'), { mentions: [{ begin: 0, end: 8, me: true }] }),
    message(room, 'me', 4.5 * HOUR, L('Printed and laminated. I have feelings about lists.', '打印好还塑封了。我对名单有执念。', '印好還護貝了。我對名單有執念。'), { reactions: [{ emoji: '😂', count: 3, mine: false, names: [tomas.name, amara.name, ivy.name] }] }),
    message(room, ivy, 3 * HOUR, '', { kind: 'image', attachments: [0, 1, 2, 3, 0, 1].map((i) => picture(photo(i), `hut-${i}.jpg`)), text: L('The hut last winter', '去年冬天的小屋', '去年冬天的小屋') }),
    message(room, ivy, 2.9 * HOUR, '', { kind: 'contact', card: { name: L('Hut keeper Beat', '小屋管理员阿德', '小屋管理員阿德'), jid: 'beat@alps.example' } }),
    message(room, amara, 50 * MINUTE, L('Between us: the cake is for Ivy. Not a word.', '悄悄说：蛋糕是给雨桐的，别声张。', '悄悄說：蛋糕是給雨桐的，別聲張。'), { whisper: [amara.name] }),
    message(room, tomas, 44 * MINUTE, '', { kind: 'deleted', deleted: { by: 'author' } }),
    message(room, tomas, 30 * MINUTE, '', {
      kind: 'poll',
      poll: {
        question: L('When do we leave on Friday?', '周五几点出发？', '週五幾點出發？'),
        options: [
          { text: L('Right after work, at five', '下班就走，五点', '下班就走，五點'), votes: 3, mine: true, names: [amara.name, ivy.name, 'Mei Lin'] },
          { text: L('After dinner, at eight', '晚饭后，八点', '晚飯後，八點'), votes: 1, mine: false, names: [oskar.name] },
          { text: L('Early on Saturday', '周六一早', '週六一早'), votes: 0, mine: false, names: [] },
        ],
        multiple: false,
        closed: false,
        voters: 4,
      },
    }),
    message(room, oskar, 20 * MINUTE, L('Weather says snow from Thursday ❄️', '天气预报说周四开始下雪 ❄️', '氣象預報說週四開始下雪 ❄️'), { expires: NOW + 40 * MINUTE }),
    message(room, oskar, 19 * MINUTE, L('Chains for the car, everyone!', '大家记得带防滑链！', '大家記得帶雪鏈！')),
    message(room, 'me', 5 * MINUTE, L('Noted. Two pairs in the trunk.', '收到，后备箱里有两副。', '收到，後車廂裡有兩副。'), { ticks: 'sent' }),
    message(room, 'me', 1 * MINUTE, L('I can drive four people, leaving at six sharp.', '我能载四个人，六点准时出发。', '我能載四個人，六點準時出發。'), { ticks: 'queued' }),
  ];
  const last = (rows: Message[]): Message | undefined => rows.at(-1);
  const say = (one: { name: string; jid: string }, ago: number, text: string, more: Partial<Message> = {}): Message => message(one.jid, one, ago, text, more);
  const mine = (one: { jid: string }, ago: number, text: string, more: Partial<Message> = {}): Message => message(one.jid, 'me', ago, text, more);
  const summary = { state: 'joined' as const, subject: L('Hut weekend, 27–29 November', '山间小屋周末，11 月 27–29 日', '山間小屋週末，11 月 27–29 日'), members: 5, nick: 'Mei Lin', role: 'moderator' as const, affiliation: 'owner' as const };
  const others = Array.from({ length: 14 }, (_, i) => {
    const one = who(`guest${i}`, L(`${['Sofia', 'Lukas', 'Priya', 'Hugo', 'Lena', 'Marco', 'Aiko'][i % 7]} ${'ABCDEFGHIJKLMN'[i]}.`, `${'张王李赵刘杨黄'[i % 7]}${'晨曦诗涵宇轩婷婷文博'[i % 10]}`, `${'張王李趙劉楊黃'[i % 7]}${'晨曦詩涵宇軒婷婷文博'[i % 10]}`));
    return chat(one.jid, one.name, say(one, (i + 3) * DAY, L('See you then!', '到时见！', '到時見！')), { show: i % 3 ? 'offline' : 'available' });
  });
  const chats = [
    chat(room, L('Hut weekend', '小屋周末', '小屋週末'), last(group), { kind: 'room', pinned: true, room: summary, typing: [{ name: tomas.name, doing: 'composing' }] }),
    chat(jonas.jid, jonas.name, last(talk), { show: 'available', unread: 3, story: 'new', avatar: avatar(0), favourite: true, status: L('On the mountain', '在山上', '在山上') }),
    chat('studio@rooms.skein.example', L('Design studio', '设计工作室', '設計工作室'), message('studio@rooms.skein.example', ivy, 26 * MINUTE, L('@Mei Lin the type scale looks right now', '@Mei Lin 字号比例现在对了', '@Mei Lin 字級比例現在對了')), { kind: 'room', unread: 12, mentions: 1, room: { ...summary, subject: '' } }),
    chat(amara.jid, amara.name, say(amara, 70 * MINUTE, L('Voice message', '语音消息', '語音訊息'), { kind: 'voice', text: '' }), { show: 'away', typing: [{ name: amara.name, doing: 'recording' }] }),
    chat(nadia.jid, nadia.name, mine(nadia, 2 * HOUR, L('The contract is signed. On to the fun part.', '合同签好了，接下来是有趣的部分。', '合約簽好了，接下來是有趣的部分。')), { show: 'dnd', story: 'seen', favourite: true }),
    chat('mei@skein.example', 'Mei Lin', mine({ jid: 'mei@skein.example' }, 6 * HOUR, L('Milk, lamp oil, birthday card', '牛奶、灯油、生日卡', '牛奶、燈油、生日卡')), { kind: 'self' }),
    chat(tomas.jid, tomas.name, say(tomas, 22 * HOUR, '', { kind: 'image', attachments: [picture(photo(1), 'x.jpg')] }), { draft: { text: L('That view! Where exactly is', '这风景！到底是在', '這風景！到底是在'), time: NOW } }),
    chat(ivy.jid, ivy.name, mine(ivy, DAY + HOUR, L('Sent you the fonts.', '字体已发给你。', '字型已傳給你。'), { ticks: 'delivered' }), { mutedUntil: Infinity, unread: 2 }),
    chat(oskar.jid, oskar.name, say(oskar, 3 * DAY, '', { kind: 'file', text: 'minutes-november.pdf' }), { marked: true }),
    ...others,
    ...[who('greta', L('Greta Novak', '方晓', '方曉')), who('sam', 'sam')].map((one, i) => chat(one.jid, one.name, say(one, (i + 5) * HOUR, L('Hello! Are you the Mei from the seed exchange?', '你好！你是种子交换会上的那位梅吗？', '你好！你是種子交換會上的那位梅嗎？')), { request: true, unread: 1 })),
  ];
  const occupant = (one: { name: string; jid: string }, more: Partial<Occupant> = {}): Occupant => ({ nick: one.name, jid: one.jid, role: 'participant', affiliation: 'member', show: 'available', me: false, ...more });
  const teller = (one: { name: string; jid: string }, ring: 'new' | 'seen', pictures: number[], texts: string[], more: Partial<Storyteller> = {}): Storyteller => ({
    jid: one.jid, name: one.name, mine: false, ring,
    stories: pictures.map((n, i) => ({ id: `${one.jid}${i}`, time: NOW - (6 - i) * HOUR, expires: NOW + (18 + i) * HOUR, kind: 'image', url: photo(n), link: photo(n), text: texts[i] ?? '', drawn: false, seen: ring === 'seen' })),
    ...more,
  });
  const stories = [
    teller(who('mei', 'Mei Lin'), 'seen', [3], [L('Night shift in the greenhouse', '温室夜班', '溫室夜班')], { mine: true }),
    teller(jonas, 'new', [0, 1, 2], [L('First light on the ridge', '山脊上的第一缕光', '山脊上的第一縷光'), '', L('Down again, knees intact', '下山了，膝盖没事', '下山了，膝蓋沒事')], { avatar: avatar(0) }),
    teller(amara, 'new', [2, 1], []),
    teller(nadia, 'seen', [1], []),
    teller(ivy, 'seen', [3], []),
  ];
  return {
    stories,
    chats,
    contacts: [jonas, amara, tomas, ivy, oskar, nadia].map((one, i) => ({ jid: one.jid, name: one.name, show: (['available', 'away', 'offline', 'available', 'offline', 'dnd'] as const)[i] ?? 'offline', groups: [], subscription: 'both' as const, asked: false, blocked: false, ...(i === 0 ? { avatar: avatar(0), status: L('On the mountain', '在山上', '在山上') } : {}) })),
    occupants: [occupant({ name: 'Mei Lin', jid: 'mei@skein.example' }, { me: true, role: 'moderator', affiliation: 'owner' }), occupant(amara, { role: 'moderator', affiliation: 'admin' }), occupant(tomas), occupant(ivy, { show: 'away' }), occupant(oskar, { show: 'offline' })],
    messages: { [jonas.jid]: talk, [room]: group },
  };
}
