// An Api without a server: for the gallery alone. It answers from what people.ts made, and changes it where a
// picture needs a change.

import { ApiError, type Api, type Queries, type QueryName } from '../../sync/api.ts';
import type { Community, Link, Message } from '../../store/types.ts';
import { NOW, world, type Tongue } from './people.ts';

export type State = 'full' | 'empty' | 'loading' | 'offline' | 'error' | 'signed-out' | 'invite' | 'approval' | 'closed' | 'refused';

const ABILITIES = { upload: { maxBytes: 100_000_000 }, rooms: 'rooms.skein.example', communities: 'pubsub.skein.example', blocking: true, search: true, inbox: true, devices: true, reports: true, invitations: true, once: true, stories: true, linking: true, passkeys: true, previews: true, privacy: true, circles: true, approvals: true };
const SIGNED_OUT = new Set<State>(['signed-out', 'invite', 'approval', 'closed', 'refused']);

export function fake(tongue: Tongue, state: State, photos: string[]): Api {
  const full = world(tongue, photos);
  const none = state === 'empty';
  const L = (en: string, hans: string, hant: string): string => ({ en, 'zh-Hans': hans, 'zh-Hant': hant })[tongue];
  const settings: Queries['settings']['row'] = { sendReceipts: true, sendMarkers: true, sendTyping: true, notifications: 'all', previewInNotifications: true, linkPreviews: true, keepArchived: true };
  const link: Link = state === 'offline' ? { state: 'waiting', since: 0, retryAt: Date.now() + 12_000, queued: 1 } : state === 'refused' ? { state: 'refused', since: 0, queued: 0 } : SIGNED_OUT.has(state) ? { state: 'signed-out', since: 0, queued: 0 } : { state: 'online', since: 0, queued: 0 };
  const rows = (chat: string): Message[] => (none ? [] : full.messages[chat] ?? []);
  const hit = (chat: string, message: Message): Queries['starred']['row'][number] => ({ chat, chatName: full.chats.find((one) => one.jid === chat)?.name ?? chat, message });
  const watchers = new Set<() => void>();

  const answers: { [Q in QueryName]: (args: never) => Queries[Q]['row'] | 'never' } = {
    me: () => (SIGNED_OUT.has(state) ? undefined : { jid: 'mei@skein.example', name: 'Mei Lin', show: 'available', status: '' }),
    link: () => link,
    server: () => ({ domain: 'skein.example', passkeys: true, registration: state === 'invite' || state === 'approval' || state === 'closed' ? state : 'open' }),
    abilities: () => ABILITIES,
    settings: () => settings,
    chats: () => (state === 'loading' ? 'never' : none ? [] : full.chats),
    chat: ({ chat }: { chat: string }) => full.chats.find((one) => one.jid === chat),
    messages: ({ chat }: { chat: string }) => ({ chat, rows: rows(chat), hasOlder: false, hasNewer: false, loadingOlder: false, loadingNewer: false, ...(chat.startsWith('jonas') && !none ? { firstUnread: 'm12' } : {}) }),
    message: ({ chat, id }: { chat: string; id: string }) => rows(chat).find((row) => row.id === id),
    delivery: () => full.contacts.slice(0, 3).map((one, i) => ({ name: one.name, jid: one.jid, delivered: NOW - 60_000, ...(i < 2 ? { read: NOW - 30_000 } : {}) })),
    starred: () => (none ? [] : Object.entries(full.messages).flatMap(([chat, list]) => list.filter((row) => row.starred || row.pinned).map((row) => hit(chat, row)))),
    scheduled: ({ chat }: { chat?: string }) => (none || !chat?.startsWith('ivy') ? [] : [{ id: 's1', chat, at: Date.now() + 5 * 3_600_000, text: L('Happy birthday! The parcel is on its way.', '生日快乐！包裹已经在路上了。', '生日快樂！包裹已經在路上了。') }, { id: 's2', chat, at: Date.now() + 30 * 3_600_000, text: L('Do not forget the rope.', '别忘了带绳子。', '別忘了帶繩子。'), silent: true }]),
    pins: ({ chat }: { chat: string }) => rows(chat).filter((row) => row.pinned),
    media: ({ chat, kind }: { chat: string; kind: string }) => rows(chat).filter((row) => (kind === 'media' ? row.kind === 'image' : kind === 'files' ? row.kind === 'file' : row.text.includes('https://'))).reverse(),
    contacts: () => (state === 'loading' ? 'never' : none ? [] : full.contacts),
    requests: () => (none ? [] : [{ jid: 'leo@far.example', name: L('Leo Martin', '罗一凡', '羅一凡'), kind: 'contact', time: NOW - 3_600_000, text: L('We met at the climbing hall.', '我们在攀岩馆见过。', '我們在攀岩館見過。') }, { jid: 'nils@far.example', name: L('Nils Berg', '苏立', '蘇立'), kind: 'join', community: 'alps', of: L('Alpine club', '登山社', '登山社'), time: NOW - 7_200_000 }]),
    room: ({ room }: { room: string }) => ({
      jid: room, name: full.chats.find((one) => one.jid === room)?.name ?? room, description: L('Three days, one stove, no phones after nine.', '三天，一个炉子，九点后不看手机。', '三天，一個爐子，九點後不看手機。'), subject: '',
      nick: 'Mei Lin', role: 'moderator', affiliation: 'owner', occupants: full.occupants, membersOnly: true, moderated: false, hidden: true, persistent: true, nonAnonymous: true,
      whispers: true, policy: { post: 'everyone', add: 'members', edit: 'admins', pin: 'members', call: 'everyone', requests: true, slowSeconds: 0, whispers: 'anyone', timer: 0 }, rights: ['post', 'add', 'edit', 'pin', 'call'],
    }),
    profile: ({ jid }: { jid: string }) => ({ jid, name: jid.startsWith('mei') ? 'Mei Lin' : full.chats.find((one) => one.jid === jid)?.name ?? jid, email: 'hello@example.org', note: L('Botanist. Climbs, slowly.', '植物学家，慢慢攀登。', '植物學家，慢慢攀登。') }),
    sharing: () => [],
    stickers: () => (none ? [] : photos.slice(0, 6).map((url, i) => ({ id: `k${i}`, url, mime: 'image/webp', size: 1, width: 256, height: 256, desc: ['👍', '🎉', '😍', '🏔️', '🙏', '☕'][i] ?? '🙂' }))),
    storyViewers: () => full.contacts.slice(0, 3).map((one, i) => ({ jid: one.jid, name: one.name, time: NOW - (i + 1) * 1_500_000, ...(one.avatar && { avatar: one.avatar }) })),
    stories: () => (none ? [] : full.stories),
    blocked: () => (none ? [] : ['spam@bulk.example']),
    devices: () => (none ? [] : [
      { id: '1', name: 'Skein · Chromium', current: true, online: true },
      { id: '2', name: 'Conversations · Android', current: false, online: true },
      { id: '3', name: 'Dino · Linux', current: false, online: false, lastSeen: NOW - 2 * 86_400_000 },
    ]),
    passkeys: () => ({ most: 20, all: none ? [] : [
      { id: 'p1', name: L('Fingerprint, laptop', '指纹，笔记本', '指紋，筆電'), domain: location.hostname, created: NOW - 90 * 86_400_000, used: NOW - 3_600_000 },
      { id: 'p2', name: L('Key in the drawer', '抽屉里的密钥', '抽屜裡的密鑰'), domain: location.hostname, created: NOW - 2 * 86_400_000 },
      { id: 'p3', name: L('Old address', '旧地址', '舊位址'), domain: 'old.skein.example', created: NOW - 400 * 86_400_000, used: NOW - 200 * 86_400_000 },
    ] }),
    passkeyNews: () => undefined,
    linked: () => undefined,
    communityNews: () => 0,
    waiting: () => (none ? { total: 0, people: [] } : { total: 3, people: [{ jid: 'leo@skein.example', asked: NOW - 2 * 3_600_000, reason: L('I climb with Jonas and would like to join the hut weekend.\nHe can vouch for me.', '我和思远一起攀岩，想参加小屋周末。\n他可以为我作证。', '我和思遠一起攀岩，想參加小屋週末。\n他可以為我作證。') }, { jid: 'aiko@skein.example', asked: NOW - 26 * 3_600_000 }, { jid: 'priya.n@skein.example', asked: NOW - 3 * 86_400_000, reason: L('Amara invited me.', '林悦邀请了我。', '林悅邀請了我。') }] }),
    looks: () => ({}),
    folders: () => (none ? [] : [{ id: 'f1', name: L('Work', '工作', '工作'), chats: ['studio@rooms.skein.example', 'nadia@skein.example'] }, { id: 'f2', name: L('Mountains', '山', '山'), chats: ['hut@rooms.skein.example', 'jonas@skein.example'] }]),
    badge: () => 3,
    update: () => ({ ready: false }),
  };
  const commands: Record<string, (args: never) => unknown> = {
    search: ({ text, chat }: { text: string; chat?: string }) => Object.entries(full.messages).filter(([jid]) => !chat || jid === chat).flatMap(([jid, list]) => list.filter((row) => row.text.toLowerCase().includes(text.toLowerCase())).map((row) => hit(jid, row))),
    rooms: () => (state === 'error' ? Promise.reject(new ApiError({ code: 'timeout' })) : none ? [] : [
      { jid: 'a@r', name: L('Garden exchange', '园艺交流', '園藝交流'), description: L('Seeds, cuttings and advice.', '种子、扦插与建议。', '種子、扦插與建議。'), members: 48, joined: false },
      { jid: 'b@r', name: L('Night photography', '夜间摄影', '夜間攝影'), description: L('Long exposures, short nights.', '长曝光，短夜晚。', '長曝光，短夜晚。'), members: 131, joined: true },
      { jid: 'c@r', name: 'Rust 🦀', members: 902, joined: false, requests: true },
      { jid: 'd@r', name: L('Book club', '读书会', '讀書會'), members: 17, joined: false, requests: true },
    ]),
    askedToJoin: ({ room }: { room: string }) => room === 'd@r',
    communities: () => (state === 'error' ? Promise.reject(new ApiError({ code: 'timeout' })) : none ? [] : communities(L)),
    community: ({ id }: { id: string }) => ({ ...communities(L).find((one) => one.id === id), rooms: [
      { jid: 'hut@rooms.skein.example', name: L('Announcements', '公告', '公告'), everybody: true, joined: true },
      { jid: 'studio@rooms.skein.example', name: L('Route planning', '路线规划', '路線規劃'), everybody: true, joined: true },
      { jid: 'gear@rooms.skein.example', name: L('Gear to lend and swap', '装备借用与交换', '裝備借用與交換'), everybody: false, joined: false },
    ] }),
    communityRequests: () => [{ jid: 'leo@far.example', name: L('Leo Martin', '罗一凡', '羅一凡') }],
    privacyRules: () => [
      { of: 'last-seen', for: 'contacts', chosen: [] },
      { of: 'picture', for: 'everybody', chosen: [] },
      { of: 'status', for: 'chosen', chosen: ['jonas@skein.example', 'ivy@skein.example'] },
      { of: 'groups', for: 'contacts', chosen: [] },
    ],
    roomLinks: () => [{ token: '8d1f0c2b77aa', url: 'https://skein.example/group/8d1f0c2b77aa', uses: 25, used: 3, expires: NOW + 6 * 86_400_000 }],
    joinRequests: () => [{ jid: 'leo@far.example', name: L('Leo Martin', '罗一凡', '羅一凡'), note: L('I have a tent.', '我有帐篷。', '我有帳篷。'), time: NOW - 7_200_000 }],
    createInvitation: () => ({ url: 'https://skein.example/invite/5fa2b472f701c308', expires: NOW + 7 * 86_400_000 }),
    storyAudience: () => ({ for: 'contacts', chosen: [], except: ['oskar@skein.example'] }),
    preview: ({ url }: { url: string }) => ({ url, title: L('The north face in winter', '冬季北壁路线', '冬季北壁路線'), text: L('Eleven pitches, one hut, and a descent that one finds better by daylight.', '十一段路线、一座小屋，下山最好趁天亮。', '十一段路線、一座小屋，下山最好趁天亮。'), image: photos[0] }),
    linkDevice: () => ({ url: 'https://skein.example/#/link/mei%40skein.example/xM0oQ2-7bWq1nT4f', expires: Date.now() + 119_000 }),
    invitation: () => ({ valid: true, inviter: L('Jonas Weber', '陈思远', '陳思遠') }),
    aboutServer: () => ({ software: 'Skein 0.1.0', contacts: ['mailto:help@skein.example', 'xmpp:nadia@skein.example'] }),
    storage: () => ({ used: 84_000_000, quota: 2_000_000_000, persisted: true }),
    beginExport: () => ({ id: 'e', partial: false }),
    stepExport: () => new Promise((done) => setTimeout(() => done({ done: 1250, total: 3400, rows: [], over: false }), 100)),
    openChat: ({ jid }: { jid: string }) => jid,
    signIn: () => Promise.reject(new ApiError({ code: 'not-authorized' })),
    saveSettings: (change: object) => {
      Object.assign(settings, change);
      watchers.forEach((tell) => tell());
    },
  };
  const own = {
    watch(query: QueryName, args: never, callback: (row: never) => void) {
      const tell = (): void => {
        const row = answers[query](args);
        if (row !== 'never') callback(structuredClone(row) as never);
      };
      watchers.add(tell);
      tell();
      return () => watchers.delete(tell);
    },
    onNotice: () => () => undefined,
  };
  return new Proxy(own, {
    get: (target, name: string) => (name in target ? target[name as keyof typeof target] : (args: never) => Promise.resolve().then(() => commands[name]?.(args))),
  }) as unknown as Api;
}

/** One that is looked after, one to which one belongs, one that waits, one that is open. */
function communities(L: (en: string, hans: string, hant: string) => string): Community[] {
  return [
    { id: 'alps', name: L('Alpine club', '登山社', '登山社'), description: L('All who go up together, and those who cook afterwards.', '一起上山的人，以及之后做饭的人。', '一起上山的人，以及之後做飯的人。'), asks: true, people: 64, state: 'in', mine: true, asking: 1 },
    { id: 'school', name: L('River school', '河畔学校', '河畔學校'), description: '', asks: true, people: 412, state: 'in', mine: false, asking: 0 },
    { id: 'house', name: L('Linden street 12', '椴树街 12 号', '椴樹街 12 號'), description: '', asks: true, people: 23, state: 'asked', mine: false, asking: 0 },
    { id: 'swap', name: L('Repair and swap', '修理与交换', '修理與交換'), description: '', asks: false, people: 187, state: 'out', mine: false, asking: 0 },
  ];
}
