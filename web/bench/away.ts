// Somebody and her friends, with a line between her browser and the server that takes its time and can be cut.

import type { Browser } from 'playwright-core';
import { Foreign } from '../e2e/foreign.ts';
import { browse, Server } from '../e2e/harness.ts';
import { Reader } from '../e2e/reader.ts';
import { call } from './engine.ts';
import { Line } from './line.ts';

export class Away {
  private constructor(readonly server: Server, readonly line: Line, readonly browser: Browser, readonly friends: Foreign[], private readonly behind: Server) {}
  ann!: Reader;

  /** `wayMs`: of the line, in one direction. `quiet`: friends of hers of whom nobody is there. */
  static async make(engine: string, wayMs: number, friends: readonly string[], quiet: readonly string[] = []): Promise<Away> {
    const server = await new Server('invite').start();
    server.accounts('ann', ...friends, ...quiet);
    const line = await new Line(server.http, wayMs).start();
    const behind = Object.assign(Object.create(Server.prototype) as Server, { http: line.port });
    const away = new Away(server, line, await browse(), await Promise.all(friends.map((name) => Foreign.login(server, name, `password of ${name}`))), behind);
    await away.device();
    // Of strangers the server takes less.
    for (const name of [...friends, ...quiet]) await call(away.ann.page, engine, 'addContact', { jid: `${name}@localhost` });
    for (const friend of away.friends) await friend.sees('subscribe');
    return away;
  }

  /** Ann signs in with a device to which all of it is new. */
  async device(): Promise<void> {
    await this.ann?.leave();
    this.ann = await (await Reader.make(this.browser, this.behind, 'ann', { bypassCSP: true })).signIn();
  }

  async end(): Promise<void> {
    for (const friend of this.friends) friend.leave();
    await this.browser.close();
    this.line.end();
    await this.server.end();
  }
}
