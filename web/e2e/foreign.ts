// Somebody with another client: slixmpp, driven line by line.

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until, VENV, type Server } from './harness.ts';

export class Foreign {
  readonly seen: string[] = [];
  private isOnline = false;
  private end = '';
  private constructor(readonly jid: string, private readonly process: ChildProcess) {
    createInterface({ input: process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const told = JSON.parse(line) as { event: string; xml?: string };
      if (told.event === 'online') this.isOnline = true;
      else this.seen.push(told.xml ?? '');
    });
    process.stderr?.on('data', (data) => (this.end = (this.end + String(data)).slice(-4000)));
  }

  static async login(server: Server, name: string, password: string): Promise<Foreign> {
    const jid = `${name}@localhost`;
    const foreign = new Foreign(jid, spawn(VENV, [join(import.meta.dirname, 'foreign.py'), `${jid}/foreign`, password, '127.0.0.1', String(server.c2s)], { stdio: ['pipe', 'pipe', 'pipe'] }));
    await until(async () => {
      if (foreign.process.exitCode !== null) throw new Error(`slixmpp ended: ${foreign.end}`);
      return foreign.isOnline;
    }, 'slixmpp is online');
    return foreign;
  }

  raw(xml: string): void {
    this.process.stdin?.write(`${JSON.stringify({ raw: xml })}\n`);
  }

  iq(xml: string): void {
    this.process.stdin?.write(`${JSON.stringify({ iq: xml })}\n`);
  }

  message(to: string, id: string, inner: string, type = 'chat'): void {
    this.raw(`<message xmlns='jabber:client' to='${to}' type='${type}' id='${id}'>${inner}</message>`);
  }

  /** The first thing that it was told with all of these words in it. */
  async sees(...words: string[]): Promise<string> {
    const find = (): string | undefined => this.seen.find((xml) => words.every((word) => xml.includes(word)));
    await until(async () => find() !== undefined, `${this.jid} is told ${words.join(' and ')}`);
    return find() as string;
  }

  leave(): void {
    this.process.stdin?.end();
    this.process.kill();
  }
}
