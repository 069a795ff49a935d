// Stickers: small pictures without a bubble, from one's own collection.

import { api } from '../../frame/api.svelte.ts';
import { attempt } from '../../frame/fault.ts';
import type { Feature } from '../../frame/feature.ts';
import { t } from '../../i18n/index.svelte.ts';
import { iconSticker } from '../../ui/icons.ts';
import StickerBody from './StickerBody.svelte';

export const stickers: Feature = {
  name: 'stickers',
  bodies: { sticker: StickerBody },
  dialogs: { sendSticker: () => import('./SendSticker.svelte') },
  attachables: [{ id: 'sticker', label: 'sticker.title', icon: iconSticker, hue: 92, dialog: 'sendSticker' }],
  messageActions: [
    {
      id: 'keep-sticker',
      label: 'sticker.keep',
      icon: iconSticker,
      when: (message) => message.kind === 'sticker' && !message.mine && message.attachments[0]?.kind === 'image',
      perform: (message) => void attempt(api().keepSticker({ chat: message.chat, id: message.id }), t('sticker.kept')),
    },
  ],
};
