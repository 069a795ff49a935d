// What was done here and one's other devices have not been told of yet: noted with the change itself, so that it is told
// after a break or a crash, and so that what comes from them in between does not undo it.

import { IqError } from '../protocol/connection.ts';
import type { Tx } from '../store/db.ts';
import type { MetaRow } from '../store/rows.ts';
import type { Core } from './core.ts';

/** Tells the server. `id` says what of its kind is owed, `value` what was noted of it. */
type Tell = (id: string, value: unknown) => Promise<unknown>;

/** Debts of one kind. */
export class Kind {
  constructor(private readonly core: Core, private readonly prefix: string, private readonly tell: Tell) {}

  owe(tx: Tx, id: string, value: unknown): Promise<void> {
    return tx.put('meta', { key: this.prefix + id, value });
  }

  async isOwed(tx: Tx, id: string): Promise<boolean> {
    return (await tx.get('meta', this.prefix + id)) !== undefined;
  }

  /** Everything of this kind. */
  async settle(): Promise<void> {
    if (!this.core.connection.isLive) return;
    for (const row of await this.core.db.read((tx) => tx.all<MetaRow>('meta', { lower: this.prefix, upper: `${this.prefix}\uffff` }))) await this.pay(row);
  }

  /** This one alone. */
  async settleOne(id: string): Promise<void> {
    if (!this.core.connection.isLive) return;
    const row = await this.core.db.read((tx) => tx.get<MetaRow>('meta', this.prefix + id));
    if (row) await this.pay(row);
  }

  private async pay({ key, value }: MetaRow): Promise<void> {
    const isTold = await this.tell(key.slice(this.prefix.length), value).then(() => true, (error: unknown) => !isPassing(error));
    // Unless it has grown meanwhile.
    if (isTold) await this.core.db.write(async (tx) => void (same((await tx.get<MetaRow>('meta', key))?.value, value) && (await tx.delete('meta', key))));
  }
}

export class Debts {
  private kinds: Kind[] = [];

  constructor(private readonly core: Core) {}

  /** `name` tells the kind among others, and begins no other's. */
  kind(name: string, tell: Tell): Kind {
    const kind = new Kind(this.core, `owed ${name} `, tell);
    this.kinds.push(kind);
    return kind;
  }

  /** After a login and after a resumption: all kinds; one that fails keeps no other from it. */
  async settle(): Promise<void> {
    for (const kind of this.kinds) await kind.settle().catch(() => undefined);
  }
}

/** It may go through the next time; what the server refuses it refuses again. */
export function isPassing(error: unknown): boolean {
  return error instanceof IqError ? ['offline', 'remote-server-timeout'].includes(error.condition) : true;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
