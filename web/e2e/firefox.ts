// Firefox, driven over WebDriver BiDi without anything between: it listens by itself, and the protocol is JSON over
// a WebSocket.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './harness.ts';

/** Node 20 has it behind a switch (see vitest.config.ts). */
declare const WebSocket: new (url: string) => { onopen: unknown; onmessage: unknown; onerror: unknown; send(text: string): void; close(): void };

const PREFS = { 'browser.shell.checkDefaultBrowser': false, 'datareporting.policy.dataSubmissionEnabled': false, 'toolkit.telemetry.enabled': false, 'app.update.auto': false, 'browser.startup.page': 0, 'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false, 'extensions.getAddons.cache.enabled': false, 'remote.active-protocols': 1, 'intl.accept_languages': 'en-GB' };

export class Firefox {
  private socket!: InstanceType<typeof WebSocket>;
  private next = 1;
  private waiting = new Map<number, { done: (value: never) => void; fail: (error: Error) => void }>();
  private context = '';
  private constructor(private readonly process: ChildProcess, private readonly profile: string) {}

  static isThere(): boolean {
    return existsSync('/usr/bin/firefox-esr');
  }

  static async start(): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), 'skein-firefox-'));
    writeFileSync(join(profile, 'user.js'), Object.entries(PREFS).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`).join('\n'));
    const process = spawn('/usr/bin/firefox-esr', ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0', 'about:blank'], { env: { ...globalThis.process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' }, stdio: ['ignore', 'ignore', 'pipe'] });
    const firefox = new Firefox(process, profile);
    let log = '';
    process.stderr?.on('data', (data) => (log += String(data)));
    const address = (): string | undefined => /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(log)?.[1];
    await until(async () => {
      if (process.exitCode !== null) throw new Error(`Firefox ended: ${log.slice(-2000)}`);
      return address() !== undefined;
    }, 'Firefox listens', 60_000);
    await firefox.connect(`${address()}/session`);
    return firefox;
  }

  private async connect(url: string): Promise<void> {
    this.socket = new WebSocket(url);
    await new Promise<void>((done, fail) => {
      this.socket.onopen = () => done();
      this.socket.onerror = () => fail(new Error(`no connection to ${url}`));
    });
    this.socket.onmessage = ({ data }: { data: string }) => {
      const told = JSON.parse(data) as { id?: number; type: string; result?: never; message?: string };
      const waiting = this.waiting.get(told.id ?? 0);
      if (told.type === 'error') waiting?.fail(new Error(told.message));
      else waiting?.done(told.result as never);
    };
    await this.send('session.new', { capabilities: {} });
    const { contexts } = await this.send<{ contexts: { context: string }[] }>('browsingContext.getTree', {});
    this.context = contexts[0]?.context ?? '';
  }

  private send<T>(method: string, params: object): Promise<T> {
    const id = this.next++;
    return new Promise((done, fail) => {
      this.waiting.set(id, { done: done as (value: never) => void, fail });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  async go(url: string): Promise<void> {
    await this.send('browsingContext.navigate', { context: this.context, url, wait: 'complete' });
  }

  /** What an expression is in the page; it must be text, a number or a boolean. */
  async value(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send<{ result?: { value?: unknown }; exceptionDetails?: { text: string } }>('script.evaluate', { expression, target: { context: this.context }, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result?.value;
  }

  async sees(expression: string, what: string): Promise<void> {
    let last: unknown;
    await until(async () => (last = await this.value(expression).catch(() => false)) === true, `Firefox: ${what}`).catch(async (error: unknown) => {
      throw new Error(`${String(error)} (${String(last)}); the page says: ${String(await this.value('document.body.innerText.slice(0, 800)').catch(() => ''))}`);
    });
  }

  /** Into the element of that selector, key by key. */
  async type(selector: string, text: string): Promise<void> {
    await this.value(`document.querySelector(${JSON.stringify(selector)}).focus()`);
    const actions = [...text].flatMap((key) => [{ type: 'keyDown', value: key === '\n' ? '\uE007' : key }, { type: 'keyUp', value: key === '\n' ? '\uE007' : key }]);
    await this.send('input.performActions', { context: this.context, actions: [{ type: 'key', id: 'keys', actions }] });
  }

  async end(): Promise<void> {
    this.socket.close();
    this.process.kill();
    await new Promise((done) => (this.process.exitCode === null ? this.process.once('exit', done) : done(undefined)));
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
