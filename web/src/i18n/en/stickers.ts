import type { Text } from '../text.ts';

export default {
  'kind.sticker': 'Sticker',
  'sticker.title': 'Stickers',
  'sticker.add': 'Add a sticker',
  'sticker.new': 'The new sticker',
  'sticker.words': 'In words or an emoji',
  'sticker.wordsHelp': 'Said to those who do not see it.',
  'sticker.none': 'No stickers yet',
  'sticker.noneText': 'Make one from a picture, or keep one that somebody sends.',
  'sticker.keep': 'Keep the sticker',
  'sticker.kept': 'It is among your stickers',
} as const satisfies Record<string, Text>;
