import type { Same } from '../text.ts';
import type en from '../en/stickers.ts';

export default {
  'kind.sticker': '貼圖',
  'sticker.title': '貼圖',
  'sticker.add': '新增貼圖',
  'sticker.new': '新貼圖',
  'sticker.words': '用文字或表情描述',
  'sticker.wordsHelp': '供看不到貼圖的人了解內容。',
  'sticker.none': '還沒有貼圖',
  'sticker.noneText': '用圖片製作，或保存他人傳送的貼圖。',
  'sticker.keep': '保存貼圖',
  'sticker.kept': '已保存到你的貼圖',
} satisfies Same<typeof en>;
