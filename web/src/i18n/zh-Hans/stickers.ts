import type { Same } from '../text.ts';
import type en from '../en/stickers.ts';

export default {
  'kind.sticker': '贴纸',
  'sticker.title': '贴纸',
  'sticker.add': '添加贴纸',
  'sticker.new': '新贴纸',
  'sticker.words': '用文字或表情描述',
  'sticker.wordsHelp': '供看不到贴纸的人了解内容。',
  'sticker.none': '还没有贴纸',
  'sticker.noneText': '用图片制作，或保存他人发送的贴纸。',
  'sticker.keep': '保存贴纸',
  'sticker.kept': '已保存到你的贴纸',
} satisfies Same<typeof en>;
