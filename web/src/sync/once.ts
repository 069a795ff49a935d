// What was sent from here to be viewed once has its id in the archive alone: it is looked up when somebody opened it.

import { readMessage, type MessageFacts } from '../protocol/message.ts';
import { byStanzaId } from '../store/log.ts';
import type { Engine } from './engine.ts';
import { ingest } from './ingest.ts';

/** So far back the archive is asked. */
const PAGE = 50;

export async function learnOnce(engine: Engine, chat: string, opened: MessageFacts, time: number): Promise<void> {
  const page = await engine.archive.query(undefined, { with: chat }, { before: '', max: PAGE });
  await engine.inOrder(() => engine.db.write(async (tx) => {
    for (const entry of page.entries) {
      const said = readMessage(entry.message);
      if (!said.once || said.id === undefined) continue;
      const row = (await byStanzaId(tx, chat, said.id)).find((one) => one.mine && one.once?.id === '');
      if (row?.once) await tx.put('messages', { ...row, once: { ...row.once, id: said.once } });
    }
    await ingest(tx, engine.self, opened, { way: 'live', time });
  }));
  engine.bus.touch(`chat ${chat}`);
}
