// Stickers.

import { ApiError, type Commands } from '../api.ts';
import type { Engine } from '../engine.ts';
import type { MessageRow } from '../../store/rows.ts';

export function stickerCommands(engine: Engine): Pick<Commands, 'addSticker' | 'keepSticker' | 'removeSticker' | 'sendSticker'> {
  return {
    addSticker: ({ blob, ...facts }) => engine.stickers.add(blob, facts),
    async keepSticker({ chat, id }) {
      const row = await engine.db.read((tx) => tx.get<MessageRow>('messages', [chat, id]));
      const file = row?.kind === 'sticker' ? row.attachments[0] : undefined;
      if (!file) throw new ApiError({ code: 'not-found' });
      return engine.stickers.keep(file);
    },
    removeSticker: ({ id }) => engine.stickers.remove(id),
    sendSticker: ({ chat, id }) => engine.outbox.add({ chat, text: '', attachments: [engine.stickers.attachment(id)], sticker: true }),
  };
}
