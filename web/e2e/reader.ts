// Somebody who uses the page as people do: by what can be seen and named. What the page must never do is noted
// meanwhile: errors, breaches of its policy, requests to other places, dialogs of the browser.

import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import en from '../src/i18n/en/index.ts';
import { until, type Server } from './harness.ts';

/** Anything expected comes within this, or it does not come. */
const WAIT_MS = 12_000 * Number(process.env.SKEIN_WEB_TEST_PATIENCE ?? 1);

type Key = keyof typeof en;

/** A word of the interface in English, as a name to look for. */
export function word(key: Key): string {
  const text = en[key];
  return typeof text === 'string' ? text : text.other;
}

/** The same where something is filled in: what stands around it must be there. */
export function words(key: Key): RegExp {
  return new RegExp(word(key).split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*'));
}

export class Reader {
  readonly wrongs: string[] = [];
  page!: Page;
  private constructor(readonly name: string, readonly context: BrowserContext, private readonly server: Server, private readonly isPhone: boolean) {}

  static async make(browser: Browser, server: Server, name: string, options: BrowserContextOptions = {}, at = '/'): Promise<Reader> {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
    return Reader.within(context, server, name, options.isMobile ?? false, at);
  }

  /** In a browser that stands already. */
  static async within(context: BrowserContext, server: Server, name: string, isPhone = false, at = '/'): Promise<Reader> {
    context.setDefaultTimeout(WAIT_MS);
    const reader = new Reader(name, context, server, isPhone);
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(server.origin) && !/^(blob|data):/.test(url)) reader.wrongs.push(`a request to ${url}`);
    });
    reader.page = await reader.tab(at);
    return reader;
  }

  get jid(): string {
    return `${this.name}@localhost`;
  }

  get password(): string {
    return `password of ${this.name}`;
  }

  async tab(at = '/'): Promise<Page> {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.wrongs.push(`an error: ${error.message}`));
    page.on('dialog', (dialog) => {
      this.wrongs.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted ?Type|violates the following/i.test(message.text())) this.wrongs.push(`against the policy: ${message.text()}`);
    });
    await page.goto(this.server.origin + at);
    return page;
  }

  button(name: string | RegExp, inside: Page | Locator = this.page): Locator {
    return inside.getByRole('button', { name, exact: true });
  }

  async signIn(): Promise<this> {
    await this.page.getByLabel(word('entry.name'), { exact: true }).fill(this.name);
    await this.page.getByLabel(word('entry.password'), { exact: true }).fill(this.password);
    await this.button(word('entry.signIn')).click();
    return this.isIn();
  }

  async isIn(): Promise<this> {
    await this.page.getByRole('heading', { name: word('nav.chats'), exact: true }).waitFor();
    return this;
  }

  /** Goes to a chat by its address, as a link does. */
  async open(jid: string, page = this.page): Promise<void> {
    await page.evaluate((chat) => (location.hash = `#/chat/${encodeURIComponent(chat)}`), jid);
    await this.composer(page).waitFor();
  }

  composer(page = this.page): Locator {
    return page.getByRole('textbox', { name: word('compose.label'), exact: true });
  }

  async say(text: string, page = this.page): Promise<void> {
    await this.composer(page).fill(text);
    // On a touch keyboard Enter is a new line.
    if (this.isPhone) await this.button(word('compose.send'), page).click();
    else await this.composer(page).press('Enter');
  }

  /** Pictures of one colour each (as CSS has them) to be chosen as files: `p0.png` and so on. */
  async pictures([width, height]: readonly [number, number], ...colours: string[]): Promise<{ name: string; mimeType: string; buffer: Buffer }[]> {
    const all = await this.page.evaluate(([wide, high, ...wanted]) => Promise.all(wanted.map(async (colour) => {
      const canvas = new OffscreenCanvas(wide, high);
      const pen = canvas.getContext('2d');
      if (pen) (pen.fillStyle = colour), pen.fillRect(0, 0, wide, high);
      return [...new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())];
    })), [width, height, ...colours] as [number, number, ...string[]]);
    return all.map((bytes, i) => ({ name: `p${i}.png`, mimeType: 'image/png', buffer: Buffer.from(bytes) }));
  }

  messages(page = this.page): Locator {
    return page.getByRole('list', { name: word('talk.messages') }).locator('li[data-id]');
  }

  message(text: string, page = this.page): Locator {
    return this.messages(page).filter({ hasText: text });
  }

  async sees(text: string, page = this.page): Promise<Locator> {
    const row = this.message(text, page).last();
    await row.waitFor();
    return row;
  }

  /** Waits until the ticks of the message say so. */
  async ticks(text: string, state: 'queued' | 'sent' | 'delivered' | 'read' | 'failed', page = this.page): Promise<void> {
    await this.message(text, page).last().getByRole('img', { name: word(`ticks.${state}`), exact: true }).waitFor();
  }

  async count(wanted: number, what: string, page = this.page): Promise<void> {
    await until(async () => (await this.messages(page).count()) === wanted, `${this.name}: ${what}`);
  }

  /** The menu of a message, and what is chosen in it. */
  async act(text: string, action: Key, page = this.page): Promise<void> {
    await this.message(text, page).last().locator('.bubble').click({ button: 'right' });
    await page.getByRole('menuitem', { name: word(action) }).click();
  }

  line(name: string, page = this.page): Locator {
    return page.getByRole('list', { name: word('chats.list') }).getByRole('link').filter({ hasText: name });
  }

  /** Opens the chat of a stranger, who waits behind a line of its own until something is decided. */
  async openRequest(name: string, page = this.page): Promise<void> {
    await page.getByRole('button', { name: word('chats.requests') }).first().click();
    await this.line(name, page).click();
  }

  /** What stands on the page, for the report of a failure. */
  async story(): Promise<string> {
    return `${this.name} at ${this.page.url()} sees:\n${await this.page.evaluate(() => document.body.innerText.slice(0, 1500)).catch(() => 'nothing')}\n${this.wrongs.join('\n')}`;
  }

  async leave(): Promise<void> {
    await this.context.close();
  }
}
