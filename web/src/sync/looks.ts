// How the client looks and which keys act, the same on all of one's devices that follow: one private item (XEP-0223) in `urn:skein:looks:0`.

import { NS } from '../protocol/ns.ts';
import { x, type Node, type XmlElement } from '../protocol/xml.ts';
import { DYES, GROUNDS, oneOf, THEMES, type SharedLooks as Shared } from '../store/looks.ts';
import type { MetaRow } from '../store/rows.ts';
import type { Core } from './core.ts';
import type { Kind } from './debts.ts';
import { items, type Item, type Pep } from './pep.ts';

const KEY = 'looks';
const ID = 'current';
/** Far more than there are. */
const MOST_KEYS = 40;

export class Looks {
  /** What was chosen on one of the devices; what nobody has chosen is left out. */
  known: Partial<Shared> = {};
  private readonly owed: Kind;

  constructor(private readonly core: Core, private readonly pep: Pep) {
    this.owed = core.debts.kind('looks', () => this.share());
  }

  async load(): Promise<void> {
    this.known = ((await this.core.db.read((tx) => tx.get<MetaRow>('meta', KEY)))?.value as Partial<Shared> | undefined) ?? {};
    this.core.bus.touch('looks');
  }

  forget(): void {
    this.known = {};
    this.core.bus.touch('looks');
  }

  async read(): Promise<void> {
    await this.take(await this.pep.read(undefined, NS.looks, 1));
  }

  async event(event: XmlElement): Promise<void> {
    await this.take(items(event));
  }

  private async take(told: readonly Item[]): Promise<void> {
    const payload = told.at(-1)?.payload;
    // What was chosen here since is newer, and on its way.
    if (!payload?.is('looks', NS.looks) || (await this.core.db.read((tx) => this.owed.isOwed(tx, ID)))) return;
    const [theme, dye, ground] = [oneOf(THEMES, payload.attr('theme')), oneOf(DYES, payload.attr('dye')), oneOf(GROUNDS, payload.attr('ground'))];
    const [keys, single] = [keysOf(payload), payload.attr('single-keys')];
    await this.keep({ ...(theme && { theme }), ...(dye && { dye }), ...(ground && { ground }), ...(keys && { keys }), ...(single && { single: single === 'true' }) });
  }

  private async keep(looks: Partial<Shared>, isOwn = false): Promise<void> {
    await this.core.db.write(async (tx) => {
      await tx.put('meta', { key: KEY, value: looks });
      if (isOwn) await this.owed.owe(tx, ID, this.core.id());
    });
    this.known = looks;
    this.core.bus.touch('looks');
  }

  /** For all devices that follow. */
  async choose(change: Partial<Shared>): Promise<void> {
    await this.keep({ ...this.known, ...change }, true);
    void this.owed.settle();
  }

  private share(): Promise<void> {
    const { theme, dye, ground, single, keys } = this.known;
    const look = { ...(theme && { theme }), ...(dye && { dye }), ...(ground && { ground }), ...(single !== undefined && { 'single-keys': String(single) }) };
    const chosen: Node | undefined = keys && x('keys', NS.looks, {}, ...Object.entries(keys).map(([of, is]) => x('key', NS.looks, { of, is })));
    return this.pep.publish(NS.looks, ID, x('looks', NS.looks, look, chosen), 'whitelist', '1');
  }
}

/** Each is one sign, or none. Undefined: nobody has chosen any. */
function keysOf(payload: XmlElement): Record<string, string> | undefined {
  const isSign = (text: string | undefined): text is string => text !== undefined && [...text].length === 1;
  const all = payload.child('keys', NS.looks)?.all('key', NS.looks).slice(0, MOST_KEYS);
  return all && Object.fromEntries(all.flatMap((one) => {
    const [of, is = ''] = [one.attr('of'), one.attr('is')];
    return isSign(of) && (is === '' || isSign(is)) ? [[of, is]] : [];
  }));
}
