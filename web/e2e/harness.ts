// A started server, a real browser, and people who use the client: by its engine alone (`person`), or by its
// page (`page`). Every wait is for something observable and has a deadline.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { Commands, Queries, QueryName } from '../src/sync/api.ts';
import { front } from './front.ts';
import { leash } from './leash.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const WEB = resolve(import.meta.dirname, '..');
/** Times are multiplied by it where the machine is slow. */
const PATIENCE = Number(process.env.SKEIN_WEB_TEST_PATIENCE ?? 1);
/** The client is taken from here instead of from the binary, while one writes. */
const DIST = process.env.SKEIN_WEB_TEST_DIST;
const WAIT_MS = 15_000 * PATIENCE;

function binary(): string {
  return process.env.SKEIN_WEB_TEST_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug/skein');
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

export class Server {
  private process: ChildProcess | undefined;
  private front: HttpServer | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'skein-e2e-'));
  c2s = 0;
  http = 0;
  private behind = 0;

  /** Where the server itself listens. */
  get inner(): number {
    return this.behind;
  }

  /** `more`: lines of the configuration, sections and all. */
  constructor(private readonly registration: 'open' | 'invite' | 'approval' | 'closed' = 'open', private readonly more: string[] = []) {}

  get origin(): string {
    return `http://localhost:${this.http}`;
  }

  async start(): Promise<this> {
    this.c2s ||= await freePort();
    this.http ||= await freePort();
    this.behind ||= DIST === undefined ? this.http : await freePort();
    writeFileSync(join(this.folder, 'skein.toml'), [
      'domains = ["localhost"]', `data_dir = ${JSON.stringify(join(this.folder, 'data'))}`,
      '[listen]', `c2s = ["127.0.0.1:${this.c2s}"]`, 'c2s_tls = []', `http = ["127.0.0.1:${this.behind}"]`, 'https = []', 's2s = []',
      '[c2s]', 'allow_plaintext = true', '[access]', `registration = "${this.registration}"`, '[limits]', 'rate = false', 'unauthenticated_per_address = 1000',
      '[upload]', `url = "${this.origin}"`, '[passkeys]', `origins = ["${this.origin}"]`, ...this.more, '',
    ].join('\n'));
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SKEIN_')));
    this.process = spawn(binary(), ['serve', '--config', join(this.folder, 'skein.toml')], { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    leash(this.process);
    let log = '';
    const note = (data: unknown): void => void (log = (log + String(data)).slice(-20_000));
    this.process.stdout?.on('data', note);
    this.process.stderr?.on('data', note);
    if (DIST !== undefined) this.front ??= await front(resolve(DIST), this.http, this.behind);
    await until(async () => {
      if (this.process?.exitCode !== null) throw new Error(`the server ended:\n${log}`);
      return fetch(`${this.origin}/health`).then((answer) => answer.ok, () => false);
    }, 'the server is ready');
    return this;
  }

  /** SIGKILL: nobody is told. */
  kill(): Promise<void> {
    return this.signal('SIGKILL');
  }

  /** As the operator does it: sessions can be resumed when it is back. */
  stop(): Promise<void> {
    return this.signal('SIGTERM');
  }

  private async signal(name: NodeJS.Signals): Promise<void> {
    const { process } = this;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    await new Promise((done) => process.once('exit', done) && process.kill(name));
  }

  /** The operator's command line; answers what it printed. */
  command(args: string[], input = ''): string {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SKEIN_')));
    return execFileSync(binary(), [...args, '--config', join(this.folder, 'skein.toml')], { cwd: this.folder, env, input, encoding: 'utf8' });
  }

  /** Accounts, made by the operator; each has the password of its name. */
  accounts(...names: string[]): void {
    this.command(['user', 'add', '--stdin'], names.map((name) => `${name}@localhost password of ${name}\n`).join(''));
  }

  async end(): Promise<void> {
    await this.kill();
    this.front?.closeAllConnections();
    this.front?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits until it is so; a look at it may throw what ends the wait. */
export async function until(look: () => Promise<boolean>, what: string, ms = WAIT_MS): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}

const ARGS = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

function chromiumPath(): string {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
  if (!executablePath) throw new Error('Chromium is missing: tests/setup test');
  return executablePath;
}

/** With a microphone and a camera that hum and blink, and are allowed. `film`: what its camera sees instead, as JPEG pictures one after the other. */
export async function browse(film?: string): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: [...(film === undefined ? [] : [`--use-file-for-fake-video-capture=${film}`]), ...ARGS] });
}

/** A browser that keeps what it keeps in this folder. */
export async function launch(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { executablePath: chromiumPath(), args: ARGS, locale: 'en-GB', viewport: { width: 1280, height: 800 } });
}

/** Somebody whose client is the engine alone, in a browser of its own; tabs share it. */
export class Person {
  private constructor(readonly name: string, readonly context: BrowserContext, private readonly server: Server) {}
  page!: Page;

  static async make(browser: Browser, server: Server, name: string): Promise<Person> {
    const person = new Person(name, await browser.newContext({ bypassCSP: true }), server);
    person.page = await person.tab();
    return person;
  }

  get jid(): string {
    return `${this.name}@localhost`;
  }

  /** Another tab. It speaks with the shared worker as the client's page does. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(`${this.server.origin}/client.json`);
    const worker = readdirSync(join(WEB, 'dist/assets')).find((name) => /^engine-.*\.js$/.test(name));
    if (!worker) throw new Error('the client is not built');
    await page.evaluate(probe, `/assets/${worker}`);
    return page;
  }

  call<C extends keyof Commands>(command: C, ...args: Parameters<Commands[C]>): Promise<Awaited<ReturnType<Commands[C]>>> {
    return this.page.evaluate(([name, given]) => (window as unknown as Probe).call(name as string, given), [command, args[0]] as const) as Promise<Awaited<ReturnType<Commands[C]>>>;
  }

  /** The newest row of a live query once it is as `is` wants it. */
  async see<Q extends QueryName>(query: Q, args: Queries[Q]['args'], is: (row: Queries[Q]['row']) => boolean, what: string, page = this.page): Promise<Queries[Q]['row']> {
    const key = await page.evaluate(([name, given]) => (window as unknown as Probe).watch(name as string, given), [query, args ?? null] as const);
    let row!: Queries[Q]['row'];
    let isThere = false;
    await until(async () => {
      const got = (await page.evaluate((id) => (window as unknown as Probe).row(id), key)) as { row: Queries[Q]['row'] } | null;
      if (!got) return false;
      row = got.row;
      isThere = true;
      return is(row);
    }, `${this.name}: ${what}`).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${isThere ? JSON.stringify(row).slice(0, 1500) : 'no row'}`);
    });
    return row;
  }

  online(): Promise<unknown> {
    return this.see('link', undefined, (link) => link.state === 'online', 'is online');
  }

  texts(chat: string, wanted: string[], what = 'sees the messages', page = this.page): Promise<unknown> {
    return this.see('messages', { chat, anchor: 'end', before: 200, after: 0 }, (window) => window.rows.filter((row) => row.kind !== 'system').map((row) => row.text).join('|') === wanted.join('|'), what, page);
  }

  /** Into an account that the operator made. */
  async signIn(): Promise<this> {
    await this.call('signIn', { address: this.jid, password: `password of ${this.name}` });
    await this.online();
    return this;
  }

  async register(): Promise<this> {
    await this.call('register', { name: this.name, password: `password of ${this.name}` });
    await this.online();
    return this;
  }
}

/** Both are contacts of each other. */
export async function befriend(a: Person, b: Person): Promise<void> {
  await a.call('addContact', { jid: b.jid });
  await b.see('requests', undefined, (rows) => rows.some((row) => row.jid === a.jid), 'is asked');
  await b.call('answerRequest', { jid: a.jid, accept: true });
  for (const [one, other] of [[a, b], [b, a]] as const) await one.see('contacts', undefined, (rows) => rows.some((row) => row.jid === other.jid && row.subscription === 'both'), 'has the contact');
}

/** Two people of the operator's become contacts of each other, and leave. */
export async function acquaint(browser: Browser, server: Server, ...names: [string, string]): Promise<void> {
  server.accounts(...names);
  const [one, other] = await Promise.all(names.map(async (name) => (await Person.make(browser, server, name)).signIn()));
  await befriend(one as Person, other as Person);
  await Promise.all([one, other].map((person) => person?.context.close()));
}

/** A server, a browser, and three people with accounts. */
export class Three {
  room = '';
  private constructor(readonly server: Server, readonly browser: Browser, readonly ann: Person, readonly bob: Person, readonly cleo: Person) {}

  static async meet(): Promise<Three> {
    const server = await new Server().start();
    const browser = await browse();
    const [ann, bob, cleo] = await Promise.all(['ann', 'bob', 'cleo'].map(async (name) => (await Person.make(browser, server, name)).register()));
    return new Three(server, browser, ann as Person, bob as Person, cleo as Person);
  }

  /** Ann and Bob are contacts, and all three are in a group that Ann has made. */
  async inGroup(): Promise<this> {
    const { ann, bob, cleo } = this;
    await befriend(ann, bob);
    this.room = await ann.call('createRoom', { name: 'Hut', members: [bob.jid, cleo.jid], membersOnly: true });
    for (const one of [bob, cleo]) await one.call('joinRoom', { room: this.room });
    await ann.see('room', { room: this.room }, (row) => row?.occupants.length === 3 && row.whispers, 'sees all three, and may whisper');
    return this;
  }

  async leave(): Promise<void> {
    await this.browser.close();
    await this.server.end();
  }
}

interface Line {
  jid: string;
  pinned: boolean;
  time: number;
}

interface Probe {
  call(command: string, args: unknown): Promise<unknown>;
  watch(query: string, args: unknown): string;
  row(key: string): { row: unknown } | null;
}

/** Runs in the page. */
function probe(url: string): void {
  const { port } = new SharedWorker(url, { type: 'module', name: 'skein' });
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const watches = new Map<string, number>();
  const rows = new Map<number, unknown>();
  const known = new Map<string, unknown>();
  let next = 1;
  port.onmessage = ({ data }) => {
    if (['row', 'window', 'chats'].includes(data.kind)) port.postMessage({ kind: 'shown', id: data.id });
    if (data.kind === 'row') rows.set(data.id, data.row);
    else if (data.kind === 'window') {
      const { ids, put, ...rest } = data.change as { chat: string; ids: string[]; put: { id: string }[] };
      // Everything is remembered: no more than a journey's messages.
      for (const row of put) known.set(`${rest.chat} ${row.id}`, row);
      rows.set(data.id, { ...rest, rows: ids.map((id) => known.get(`${rest.chat} ${id}`)) });
    }
    else if (data.kind === 'chats') {
      const { all, put = [], gone = [] } = data.change as { all?: Line[]; put?: Line[]; gone?: string[] };
      const moved = new Set([...gone, ...put.map((chat) => chat.jid)]);
      const kept = ((rows.get(data.id) ?? []) as Line[]).filter((chat) => !moved.has(chat.jid));
      rows.set(data.id, all ?? [...kept, ...put].sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.time - a.time));
    }
    else if (data.kind === 'done') calls.get(data.id)?.resolve(data.value);
    else if (data.kind === 'failed') calls.get(data.id)?.reject(new Error(JSON.stringify(data.fault)));
  };
  Object.assign(window, {
    call: (command: string, args: unknown) => new Promise((resolve, reject) => {
      calls.set(next, { resolve, reject });
      port.postMessage({ kind: 'call', id: next++, command, args });
    }),
    watch: (query: string, args: unknown) => {
      const key = `${query} ${JSON.stringify(args)}`;
      if (!watches.has(key)) {
        watches.set(key, next);
        port.postMessage({ kind: 'watch', id: next++, query, args: args ?? undefined });
      }
      return key;
    },
    row: (key: string) => (rows.has(watches.get(key) ?? -1) ? { row: rows.get(watches.get(key) ?? -1) } : null),
  } satisfies Probe);
}

export const VENV = join(process.env.SKEIN_TEST_CACHE ?? join(ROOT, 'target/cache'), 'venv/bin/python');
export const lock = (): string => readFileSync(join(WEB, 'package-lock.json'), 'utf8');
