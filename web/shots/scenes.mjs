// The screens and states of which pictures are made.

const JONAS = '#/chat/jonas%40skein.example';
const HUT = '#/chat/hut%40rooms.skein.example';
const press = (key) => async (page) => {
  await page.keyboard.press(key);
  await page.waitForSelector('dialog[open]');
};
const settings = (page) => ({ name: `settings-${page}`, hash: `#/settings/${page}` });

export const SCENES = [
  { name: 'entry', state: 'signed-out' },
  { name: 'entry-refused', state: 'refused' },
  {
    name: 'entry-error',
    state: 'signed-out',
    act: async (page) => {
      await page.fill('input[name=username]', 'mei');
      await page.fill('input[name=password]', 'wrong');
      await page.click('button[type=submit]');
      await page.waitForSelector('[role=alert]');
    },
  },
  { name: 'create-invited', state: 'invite', hash: '#/invitation/5fa2' },
  { name: 'create-approval', state: 'approval', act: (page) => page.click('form button:last-of-type') },
  { name: 'create-closed', state: 'closed', act: (page) => page.click('form button:last-of-type') },
  { name: 'chats' },
  { name: 'chats-empty', state: 'empty' },
  { name: 'chats-loading', state: 'loading' },
  { name: 'chats-offline', state: 'offline' },
  { name: 'chat', hash: JONAS },
  { name: 'chat-empty', state: 'empty', hash: JONAS },
  { name: 'chat-info', hash: `${JONAS}/info` },
  { name: 'group', hash: HUT },
  { name: 'group-info', hash: `${HUT}/info` },
  { name: 'message-menu', hash: JONAS, act: async (page) => (await page.locator('li[data-id] .bubble').last().click({ button: 'right' }), page.waitForSelector('[role=menu]')) },
  { name: 'chat-menu', act: async (page) => (await page.locator('.pane li a').nth(1).click({ button: 'right' }), page.waitForSelector('[role=menu]')) },
  { name: 'reply', hash: JONAS, act: async (page) => (await page.locator('li[data-id]').last().focus(), page.keyboard.press('r')) },
  { name: 'edit', hash: JONAS, act: async (page) => (await page.locator('textarea').focus(), page.keyboard.press('ArrowUp')) },
  { name: 'select', hash: HUT, act: async (page) => (await page.locator('li[data-id]').last().focus(), page.keyboard.press('x'), page.locator('li[data-id]').nth(-2).click()) },
  { name: 'mention', hash: HUT, act: async (page) => (await page.locator('textarea').focus(), page.keyboard.type('@')) },
  { name: 'attach', hash: JONAS, act: async (page) => (await page.locator('.composer button').first().click(), page.waitForSelector('[role=menu]')) },
  { name: 'emoji', hash: JONAS, act: async (page) => (await page.locator('.field button').click(), page.waitForSelector('.grid button')) },
  { name: 'viewer', hash: JONAS, act: async (page) => (await page.locator('.pictures button').first().click(), page.waitForSelector('dialog img')) },
  { name: 'delete', hash: JONAS, act: async (page) => (await page.locator('li[data-id]').last().focus(), page.keyboard.press('Delete'), page.waitForSelector('dialog[open]')) },
  { name: 'forward', hash: JONAS, act: async (page) => (await page.locator('li[data-id]').last().focus(), page.keyboard.press('f'), page.waitForSelector('dialog[open]')) },
  { name: 'message-info', hash: HUT, act: async (page) => (await page.locator('li.own').last().focus(), page.keyboard.press('i'), page.waitForSelector('dialog[open]')) },
  { name: 'send-place', hash: JONAS, act: async (page) => (await page.locator('.composer button').first().click(), page.locator('[role=menuitem]').last().click(), page.waitForSelector('dialog[open]'), page.locator('dialog input').first().fill('25.033'), page.locator('dialog input').nth(1).fill('121.565'), page.waitForSelector('dialog path.land')) },
  { name: 'palette', hash: JONAS, act: press('Control+k') },
  { name: 'palette-search', hash: JONAS, act: async (page) => (await press('Control+k')(page), page.keyboard.type('s'), page.waitForTimeout(400)) },
  { name: 'new-chat', act: press('Alt+n') },
  { name: 'new-group', hash: '#/groups', act: async (page) => (await page.locator('.pane header button').last().click(), page.waitForSelector('dialog[open]')) },
  { name: 'invite', hash: '#/contacts', act: async (page) => (await page.locator('.pane header button').first().click(), page.waitForSelector('dialog svg[role=img]')) },
  { name: 'contacts', hash: '#/contacts' },
  { name: 'contacts-empty', state: 'empty', hash: '#/contacts' },
  { name: 'groups', hash: '#/groups' },
  { name: 'groups-error', state: 'error', hash: '#/groups' },
  { name: 'groups-empty', state: 'empty', hash: '#/groups' },
  { name: 'starred', hash: '#/starred' },
  { name: 'starred-empty', state: 'empty', hash: '#/starred' },
  { name: 'settings', hash: '#/settings' },
  ...['profile', 'privacy', 'notifications', 'look', 'language', 'devices', 'storage', 'account', 'keys', 'about'].map(settings),
  { name: 'large-text', hash: JONAS, query: { scale: '1.5' } },
  { name: 'right-to-left', hash: HUT, query: { dir: 'rtl' } },
  { name: 'pieces', query: { pieces: '' }, fullPage: true },
];
