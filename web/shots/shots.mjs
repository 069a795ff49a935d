// Makes pictures of every screen and state of the gallery: themes × languages × sizes.
//
//   node shots/shots.mjs [--out DIR] [--only a,b] [--sizes a,b] [--themes a,b] [--languages a,b] [--axe]
//
// Without a choice, all of each. --only takes the beginnings of names. --check makes no pictures: it looks at each screen
// once on a phone and once on a desktop for accessibility, and at the colours of some in high contrast. --axe: checks each page for accessibility as well, and fails if something is serious.
// The pages are served with the client's own content security policy; a breach of it is a failure too.

import { readFile, mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { SCENES } from './scenes.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const argument = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const OUT = path.resolve(argument('--out') ?? path.join(ROOT, 'shots/out'));
const list = (name) => argument(name)?.split(',');
const ONLY = list('--only');
const CHECK = process.argv.includes('--check');
const AXE = CHECK || process.argv.includes('--axe');
const DIST = path.join(tmpdir(), `skein-gallery-${process.pid}`);

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json' };
const SIZES = { zoomed: { width: 320, height: 256 }, narrow: { width: 360, height: 640 }, phone: { width: 390, height: 844 }, tablet: { width: 768, height: 1024 }, laptop: { width: 1280, height: 800 }, desktop: { width: 1440, height: 900 } };
const TOUCH = new Set(['narrow', 'phone', 'zoomed']);
const THEMES = [
  { name: 'light', theme: 'light', contrast: 'normal' },
  { name: 'dark', theme: 'dark', contrast: 'normal' },
  { name: 'contrast', theme: 'light', contrast: 'more' },
  { name: 'contrast-dark', theme: 'dark', contrast: 'more' },
];
/** Colours of the operating system in place of ours, as Windows gives them to who asks for contrast; only when named. */
const FORCED = { name: 'forced', theme: 'dark', contrast: 'normal', forced: true };
const LANGUAGES = ['en', 'zh-Hans', 'zh-Hant'];

await build({ root: ROOT, mode: 'gallery', logLevel: 'error', configFile: path.join(ROOT, 'vite.config.ts'), build: { outDir: DIST, emptyOutDir: true, rollupOptions: { input: path.join(ROOT, 'gallery.html') } } });
const server = createServer(async (request, response) => {
  const name = new URL(request.url ?? '/', 'http://x').pathname;
  const file = path.join(DIST, path.normalize(name));
  try {
    const content = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream', 'content-security-policy': CSP });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--force-color-profile=srgb', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
});
const axe = AXE ? await readFile(path.join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8') : '';
const faults = [];
let taken = 0;

const chosen = (all, names) => all.filter((one) => !names || names.includes(one.name ?? one));

/** What --check looks at: every screen in both layouts, the light and the dark, and the two of high contrast where colours are many. */
const COLOURFUL = ['entry-error', 'create-invited', 'chats', 'chat', 'group', 'whisper', 'palette-search', 'settings-look', 'select', 'pieces'];
/** What is laid out anew where there is room. */
const WIDE = ['entry', 'create', 'chats', 'chats-empty', 'chats-offline', 'chat', 'chat-info', 'group', 'group-info', 'group-settings', 'message-menu', 'emoji', 'viewer', 'palette-search', 'contacts', 'groups', 'starred', 'settings-profile', 'settings-privacy', 'settings-devices', 'right-to-left'];
const rounds = CHECK
  ? [
      { sizeName: 'narrow', theme: THEMES[0], language: 'zh-Hans' },
      { sizeName: 'laptop', theme: THEMES[1], language: 'en', only: WIDE },
      // 400 % of 1280 × 1024.
      { sizeName: 'zoomed', theme: THEMES[0], language: 'en', only: ['entry', 'create', 'chats', 'chat', 'group-info', 'whisper', 'new-group', 'settings-look', 'palette'] },
      ...THEMES.slice(2).map((theme) => ({ sizeName: 'phone', theme, language: 'en', only: COLOURFUL })),
    ]
  : chosen(Object.keys(SIZES), list('--sizes') ?? ['phone', 'desktop']).flatMap((sizeName) =>
      chosen(list('--themes') ? [...THEMES, FORCED] : THEMES, list('--themes')).flatMap((theme) => chosen(LANGUAGES, list('--languages')).map((language) => ({ sizeName, theme, language }))));

for (const { sizeName, theme, language, only } of rounds) {
  const touch = TOUCH.has(sizeName);
  const context = await browser.newContext({ viewport: SIZES[sizeName], deviceScaleFactor: touch ? 2 : 1, reducedMotion: 'reduce', forcedColors: theme.forced ? 'active' : 'none', hasTouch: touch, isMobile: touch, timezoneId: 'Europe/Zurich', locale: language });
  const folder = path.join(OUT, `${sizeName}-${theme.name}-${language}`);
  if (!CHECK) await mkdir(folder, { recursive: true });
  for (const scene of SCENES.filter((one) => (!ONLY || ONLY.some((name) => one.name.startsWith(name))) && (!only || only.includes(one.name)))) {
    const page = await context.newPage();
    const where = `${scene.name} ${sizeName} ${theme.name} ${language}`;
    page.on('console', (entry) => entry.type() === 'error' && !/404/.test(entry.text()) && faults.push(`${where}: ${entry.text()}`));
    page.on('pageerror', (error) => faults.push(`${where}: ${error}`));
    const query = new URLSearchParams({ theme: theme.theme, contrast: theme.contrast, lang: language, state: scene.state ?? 'full', ...scene.query });
    await page.goto(`${origin}/gallery.html?${query}${scene.hash ?? ''}`);
    await page.waitForSelector('[data-ready]', { state: 'attached' });
    try {
      page.setDefaultTimeout(8000);
      if (scene.act) await scene.act(page);
    } catch (error) {
      faults.push(`${where}: ${error}`);
    }
    // What a scene is made of comes piece by piece; a page has one heading when it is there.
    const isLoading = scene.state === 'loading';
    const isTitled = isLoading || (await page.waitForFunction(() => [...document.querySelectorAll('h1')].filter((one) => one.checkVisibility()).length === 1).then(() => true, () => false));
    if (!isTitled) faults.push(`${where}: ${await page.locator('h1:visible').count()} headings of the page`);
    // What fades in is in by then.
    await page.waitForTimeout(CHECK ? 60 : 180);
    if (!CHECK) await page.screenshot({ path: path.join(folder, `${scene.name}.png`), fullPage: scene.fullPage ?? false });
    taken += 1;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 1) faults.push(`${where}: ${wide} px wider than the page`);
    if (AXE) await check(page, where);
    await page.close();
  }
  await context.close();
}

/** Serious faults of accessibility, and headings and landmarks that lead astray. The check itself is ours, so it may run beside the policy. */
async function check(page, where) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then((result) => JSON.stringify(result.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical' || /^(heading-order|landmark-|empty-heading)/.test(one.id)).map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.target.join(' ') + ' ' + (node.any[0]?.message ?? node.all[0]?.message ?? '')).join(' | '))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  for (const fault of JSON.parse(result.value ?? '["axe did not answer"]')) faults.push(`${where}: ${fault}`);
}

await browser.close();
server.close();
await rm(DIST, { recursive: true, force: true });
console.log(CHECK ? `${taken} screens looked at` : `${taken} pictures in ${OUT}`);
for (const fault of faults) console.error(fault);
process.exit(faults.length > 0 ? 1 : 0);
