// The screens and states of which pictures are made. `act` brings a page to the state, step by step.

const JONAS = '#/chat/jonas%40skein.example';
const HUT = '#/chat/hut%40rooms.skein.example';
const DIALOG = 'dialog[open]';
const settings = (page) => ({ name: `settings-${page}`, hash: `#/settings/${page}` });

/** Presses a key, waits for a dialog. */
const opens = (key) => async (page) => {
  await page.keyboard.press(key);
  await page.waitForSelector(DIALOG);
};
/** Focuses a message and presses a key. */
const onMessage = (row, key, wait) => async (page) => {
  await page.locator(row).last().focus();
  await page.keyboard.press(key);
  if (wait) await page.waitForSelector(wait);
};
const attach = async (page) => {
  await page.locator('.composer .row button').first().click();
  await page.waitForSelector('[role=menu]');
};
const attachDialog = (id) => async (page) => {
  await attach(page);
  await page.locator(`[role=menuitem][data-id=${id}]`).click();
  await page.waitForSelector(DIALOG);
};
/** Three pictures are chosen to be sent. */
const pictures = async (page) => {
  const all = await page.evaluate(async () => Promise.all([20, 150, 270].map(async (hue) => {
    const canvas = new OffscreenCanvas(640, 420);
    const pen = canvas.getContext('2d');
    const sky = pen.createLinearGradient(0, 0, 0, 420);
    sky.addColorStop(0, `oklch(0.82 0.09 ${hue})`);
    sky.addColorStop(1, `oklch(0.5 0.12 ${hue + 40})`);
    pen.fillStyle = sky;
    pen.fillRect(0, 0, 640, 420);
    pen.fillStyle = `oklch(0.3 0.06 ${hue + 60})`;
    pen.beginPath();
    pen.moveTo(0, 420);
    for (let x = 0; x <= 640; x += 80) pen.lineTo(x, 300 - 90 * Math.abs(Math.sin(x / 130 + hue)));
    pen.lineTo(640, 420);
    pen.fill();
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer())];
  })));
  await page.locator('.composer input[type=file]').setInputFiles(all.map((bytes, i) => ({ name: `ridge-${i + 1}.jpg`, mimeType: 'image/jpeg', buffer: Buffer.from(bytes) })));
  await page.waitForSelector('dialog .tile img');
};
const folders = async (page) => {
  await page.locator('.filters > button').click();
  await page.waitForSelector(DIALOG);
};
/** The filter of this place in the row. */
const filterBy = (place) => (page) => page.locator('.filters [role=tab]').nth(place).click();
const newStory = async (page) => {
  await page.locator('.pane header button').last().click();
  await page.locator('[role=menuitem][data-id=story]').click();
  await page.waitForSelector('dialog .who');
};
const communities = (page) => page.locator('.tools [role=tab]').nth(1).click();
const community = async (page) => {
  await communities(page);
  await page.locator('.list button').first().click();
  await page.waitForSelector('dialog .who');
};
const create = (page) => page.locator('form > button').last().click();

export const SCENES = [
  { name: 'entry', state: 'signed-out' },
  { name: 'entry-refused', state: 'refused' },
  {
    name: 'entry-error',
    state: 'signed-out',
    async act(page) {
      await page.fill('input[name=username]', 'mei');
      await page.fill('input[name=password]', 'wrong');
      await page.click('button[type=submit]');
      await page.waitForSelector('[role=alert]');
    },
  },
  { name: 'create', state: 'signed-out', act: create },
  { name: 'create-invited', state: 'invite', hash: '#/invitation/5fa2' },
  { name: 'create-approval', state: 'approval', act: create },
  { name: 'create-closed', state: 'closed', act: create },
  { name: 'chats' },
  { name: 'chats-unread', act: filterBy(1) },
  { name: 'chats-favourites', act: filterBy(2) },
  { name: 'chats-requests', act: filterBy(5) },
  { name: 'chats-favourites-none', state: 'empty', act: filterBy(2) },
  { name: 'chats-groups-none', state: 'empty', act: filterBy(3) },
  { name: 'chats-empty', state: 'empty' },
  { name: 'chats-loading', state: 'loading' },
  { name: 'approvals-none', state: 'empty', hash: '#/settings/approvals' },
  { name: 'chats-offline', state: 'offline' },
  { name: 'chat', hash: JONAS },
  ...[['woad', 'waves'], ['moss', 'leaves'], ['walnut', 'weave'], ['plum', 'rain'], ['slate', 'plain']].map(([dye, ground]) => ({ name: `dyed-${dye}`, hash: JONAS, query: { dye, ground } })),
  { name: 'chat-top', hash: JONAS, async act(page) {
    await page.locator('.talking .box').evaluate((box) => (box.scrollTop = 0));
    await page.waitForTimeout(300);
  } },
  { name: 'chat-empty', state: 'empty', hash: JONAS },
  { name: 'chat-info', hash: `${JONAS}/info` },
  { name: 'group', hash: HUT },
  { name: 'group-top', hash: HUT, async act(page) {
    await page.locator('.talking .box').evaluate((box) => (box.scrollTop = 0));
    await page.waitForTimeout(300);
  } },
  { name: 'group-info', hash: `${HUT}/info` },
  { name: 'chat-ground', hash: `${JONAS}/info`, async act(page) {
    await page.getByRole('button', { name: /Background|聊天背景/ }).click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'message-menu', hash: JONAS, async act(page) {
    await page.locator('li[data-id] .bubble').last().click({ button: 'right' });
    await page.waitForSelector('[role=menu]');
  } },
  { name: 'chat-menu', async act(page) {
    await page.locator('.pane li a').nth(1).click({ button: 'right' });
    await page.waitForSelector('[role=menu]');
  } },
  { name: 'chat-export', hash: JONAS, async act(page) {
    await page.locator('.talking header button').last().click();
    await page.locator('[role=menuitem][data-id=export]').click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'chat-export-busy', hash: JONAS, async act(page) {
    await page.locator('.talking header button').last().click();
    await page.locator('[role=menuitem][data-id=export]').click();
    await page.locator('dialog footer button').first().click();
    await page.waitForSelector('dialog progress');
  } },
  { name: 'chat-clear', hash: JONAS, async act(page) {
    await page.locator('.talking header button').last().click();
    await page.locator('[role=menuitem][data-id=clear]').click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'reply', hash: JONAS, act: onMessage('li[data-id]', 'r', '.mode') },
  { name: 'link', hash: JONAS, async act(page) {
    await page.locator('textarea').fill('Have you seen https://climbing.example/north-face ?');
    await page.waitForSelector('.chip');
  } },
  { name: 'edit', hash: JONAS, async act(page) {
    await page.locator('textarea').focus();
    await page.keyboard.press('ArrowUp');
    await page.waitForSelector('.edits');
  } },
  { name: 'select', hash: HUT, async act(page) {
    await page.locator('li[data-id]').last().focus();
    await page.keyboard.press('x');
    await page.locator('li[data-id]').nth(-2).click();
  } },
  { name: 'chat-more', hash: JONAS, async act(page) {
    await page.locator('.talking header button').last().click();
    await page.waitForSelector('[role=menu]');
  } },
  { name: 'day', hash: JONAS, async act(page) {
    await page.locator('.talking .box').evaluate((box) => (box.scrollTop = 0));
    await page.locator('li.day button').first().click();
    await page.waitForSelector('dialog [role=grid]');
  } },
  { name: 'select-chats', async act(page) {
    await page.locator('.pane li a').nth(1).focus();
    await page.keyboard.press('x');
    await page.locator('.pane li [role=checkbox]').nth(2).click();
  } },
  { name: 'undo', hash: JONAS, async act(page) {
    await onMessage('li.own[data-id]', 'Delete', DIALOG)(page);
    await page.locator('dialog footer button').first().click();
    await page.waitForSelector('.toast');
  } },
  { name: 'send-ways', hash: JONAS, async act(page) {
    await page.locator('textarea').fill('Good morning!');
    await page.keyboard.press('Alt+Enter');
    await page.waitForSelector('[role=menu]');
  } },
  { name: 'schedule', hash: JONAS, async act(page) {
    await page.locator('textarea').fill('Good morning!');
    await page.keyboard.press('Alt+Enter');
    await page.locator('[role=menuitem][data-id=schedule]').click();
    await page.waitForSelector('dialog [role=grid]');
  } },
  { name: 'scheduled', hash: '#/chat/ivy%40skein.example', async act(page) {
    await page.locator('.composer > button').click();
    await page.waitForSelector('dialog li');
  } },
  { name: 'report', hash: JONAS, async act(page) {
    await page.locator('li[data-id]:not(.own) .bubble').last().click({ button: 'right' });
    await page.locator('[role=menuitem][data-id=report]').click();
    await page.waitForSelector('dialog blockquote');
  } },
  { name: 'stickers', hash: JONAS, act: attachDialog('sticker') },
  { name: 'stickers-empty', state: 'empty', hash: JONAS, act: attachDialog('sticker') },
  { name: 'send-files', hash: HUT, act: pictures },
  { name: 'send-files-words', hash: HUT, async act(page) {
    await pictures(page);
    await page.locator('dialog .choose').nth(1).click();
    for (const [place, text] of ['The hut at first light', 'A hut below a ridge, snow on its roof'].entries()) await page.locator('dialog .words-of input').nth(place).fill(text);
  } },
  { name: 'edit-picture', hash: HUT, async act(page) {
    await pictures(page);
    await page.locator('dialog .pen button').first().click();
    await page.waitForSelector('dialog canvas');
  } },
  { name: 'edit-draw', hash: HUT, async act(page) {
    await pictures(page);
    await page.locator('dialog .pen button').first().click();
    await page.locator('dialog .part .inner').waitFor();
    await page.locator('dialog .room header button').nth(4).click();
    const box = await page.locator('dialog canvas').boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.6);
    await page.mouse.down();
    for (let i = 0; i < 20; i++) await page.mouse.move(box.x + box.width * (0.3 + i * 0.02), box.y + box.height * (0.6 + Math.sin(i / 2) * 0.1));
    await page.mouse.up();
  } },
  { name: 'mention', hash: HUT, async act(page) {
    await page.locator('textarea').focus();
    await page.keyboard.type('@');
    await page.waitForSelector('[role=listbox]');
  } },
  { name: 'commands', hash: HUT, async act(page) {
    await page.locator('textarea').focus();
    await page.keyboard.type('/');
    await page.waitForSelector('[role=listbox]');
  } },
  { name: 'attach', hash: JONAS, act: attach },
  { name: 'recording', hash: JONAS, async act(page) {
    await page.locator('.composer .mic button').click();
    await page.waitForSelector('.recorder');
    await page.waitForTimeout(1500);
  } },
  { name: 'emoji', hash: JONAS, async act(page) {
    await page.locator('.field button').click();
    await page.waitForSelector('.grid button');
  } },
  { name: 'emoji-skin', hash: JONAS, async act(page) {
    await page.locator('.field button').click();
    await page.waitForSelector('.grid button');
    await page.locator('.panel .tone').click();
  } },
  { name: 'drop', hash: JONAS, async act(page) {
    await page.waitForSelector('.talking');
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['x'], 'a.png', { type: 'image/png' }));
      document.querySelector('.talking').dispatchEvent(new DragEvent('dragenter', { bubbles: true, dataTransfer: data }));
    });
    await page.waitForSelector('.drop');
  } },
  { name: 'send-document', hash: JONAS, async act(page) {
    await pictures(page);
    await page.locator('dialog .once [role=switch]').last().scrollIntoViewIfNeeded();
    await page.locator('dialog .once [role=switch]').nth(2).click();
  } },
  { name: 'timer-one', hash: JONAS, async act(page) {
    await page.locator('textarea').fill('4711');
    await page.keyboard.press('Alt+Enter');
    await page.locator('[role=menuitem][data-id=timer]').click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'viewer', hash: JONAS, async act(page) {
    await page.locator('.pictures button').first().click();
    await page.waitForSelector('dialog img');
  } },
  { name: 'delete', hash: JONAS, act: onMessage('li[data-id]', 'Delete', DIALOG) },
  { name: 'forward', hash: JONAS, act: onMessage('li[data-id]', 'f', DIALOG) },
  { name: 'message-info', hash: HUT, act: onMessage('li.own[data-id]', 'i', DIALOG) },
  { name: 'send-place', hash: JONAS, async act(page) {
    await attachDialog('place')(page);
    await page.locator('dialog input').first().fill('25.033');
    await page.locator('dialog input').nth(1).fill('121.565');
    await page.waitForSelector('dialog path.land');
  } },
  { name: 'send-card', hash: JONAS, act: attachDialog('card') },
  { name: 'palette', hash: JONAS, act: opens('Control+k') },
  { name: 'palette-search', hash: JONAS, async act(page) {
    await opens('Control+k')(page);
    await page.keyboard.type('s');
    await page.waitForTimeout(400);
  } },
  { name: 'new-chat', act: opens('Alt+n') },
  { name: 'new-group', hash: '#/groups', async act(page) {
    await page.locator('.pane header button').last().click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'group-settings', hash: `${HUT}/info`, async act(page) {
    await page.locator('aside button[data-id=settings]').click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'group-links', hash: `${HUT}/info`, async act(page) {
    await page.locator('aside button[data-id=links]').click();
    await page.waitForSelector('dialog svg[role=img]');
  } },
  { name: 'join-requests', hash: `${HUT}/info`, async act(page) {
    await page.locator('aside button[data-id=requests]').click();
    await page.waitForSelector('dialog ul');
  } },
  { name: 'whisper-choice', hash: HUT, act: attachDialog('whisper') },
  { name: 'whisper', hash: HUT, async act(page) {
    await attachDialog('whisper')(page);
    await page.locator('dialog label.one').nth(1).click();
    await page.locator('dialog footer button').click();
    await page.waitForSelector('.hush');
    await page.keyboard.type('Her present is in the shed');
  } },
  { name: 'camera', hash: JONAS, async act(page) {
    await attach(page);
    const entry = page.locator('[role=menuitem][data-id=camera]');
    // On a phone it is the system's own.
    if (page.viewportSize().width < 600) return;
    await entry.click();
    await page.waitForSelector('.shutter:not(:disabled)');
  } },
  { name: 'send-poll', hash: HUT, act: attachDialog('poll') },
  { name: 'poll-votes', hash: HUT, async act(page) {
    await page.locator('.poll .end button').first().click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'timer', hash: JONAS, act: attachDialog('timer') },
  { name: 'invite', hash: '#/contacts', async act(page) {
    await page.locator('.pane header button').first().click();
    await page.waitForSelector('dialog svg[role=img]');
  } },
  { name: 'folder-tab', async act(page) {
    await page.locator('.filters [role=tab]').last().click();
  } },
  { name: 'folders', act: folders },
  { name: 'folders-empty', state: 'empty', act: folders },
  { name: 'folder', async act(page) {
    await folders(page);
    await page.locator('dialog li .row').first().click();
    await page.waitForSelector('dialog .picker');
  } },
  { name: 'story', async act(page) {
    await page.locator('.strip button').nth(1).click();
    await page.waitForSelector('dialog .stage img');
  } },
  { name: 'story-mine', async act(page) {
    await page.locator('.strip button').first().click();
    await page.waitForSelector('dialog .stage img');
  } },
  { name: 'story-viewers', async act(page) {
    await page.locator('.strip button').first().click();
    await page.locator('dialog .seen button').click();
    await page.waitForSelector('dialog ul li');
  } },
  { name: 'scan', state: 'signed-out', async act(page) {
    await page.locator('form > button').nth(1).click();
    await page.waitForSelector('dialog video');
    await page.waitForTimeout(500);
  } },
  { name: 'story-new', act: newStory },
  { name: 'story-text', async act(page) {
    await newStory(page);
    await page.locator('dialog [role=tab]').nth(1).click();
    await page.locator('dialog textarea').fill('Saturday, seven o’clock. Bring gloves. 周六七点见！');
  } },
  { name: 'contacts', hash: '#/contacts' },
  { name: 'contacts-empty', state: 'empty', hash: '#/contacts' },
  { name: 'groups', hash: '#/groups' },
  { name: 'groups-error', state: 'error', hash: '#/groups' },
  { name: 'groups-empty', state: 'empty', hash: '#/groups' },
  { name: 'communities', hash: '#/groups', act: communities },
  { name: 'communities-empty', state: 'empty', hash: '#/groups', act: communities },
  { name: 'community', hash: '#/groups', act: community },
  { name: 'community-groups', hash: '#/groups', async act(page) {
    await community(page);
    await page.locator('dialog [data-id=put]').click();
    await page.waitForSelector('dialog fieldset');
  } },
  { name: 'community-new', hash: '#/groups', async act(page) {
    await communities(page);
    await page.locator('.pane header button').last().click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'starred', hash: '#/starred' },
  { name: 'starred-empty', state: 'empty', hash: '#/starred' },
  { name: 'settings', hash: '#/settings' },
  { name: 'device-link', hash: '#/settings/devices', async act(page) {
    await page.locator('.page .new button').click();
    await page.waitForSelector('dialog svg[role=img]');
  } },
  { name: 'passkey-add', hash: '#/settings/passkeys', async act(page) {
    await page.locator('.page .new button').click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'passkey-rename', hash: '#/settings/passkeys', async act(page) {
    await page.locator('.page .row button').first().click();
    await page.waitForSelector(DIALOG);
  } },
  { name: 'passkeys-none', state: 'empty', hash: '#/settings/passkeys' },
  { name: 'device-ask', state: 'signed-out', hash: '#/link/mei%40skein.example/xM0oQ2' },
  { name: 'settings-devices-away', state: 'offline', hash: '#/settings/devices' },
  ...['profile', 'privacy', 'notifications', 'look', 'language', 'devices', 'passkeys', 'approvals', 'storage', 'account', 'keys', 'about'].map(settings),
  { name: 'large-text', hash: JONAS, query: { scale: '1.5' } },
  { name: 'right-to-left', hash: HUT, query: { dir: 'rtl' } },
  { name: 'pieces', query: { pieces: '' }, fullPage: true },
];
