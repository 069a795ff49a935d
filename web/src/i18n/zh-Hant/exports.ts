import type { Same } from '../text.ts';
import type en from '../en/exports.ts';

export default {
  'export.title': '匯出聊天',
  'export.text': '與 {name} 的聊天將以檔案儲存到此裝置。',
  'export.what': '檔案內容',
  'export.textOnly': '文字',
  'export.withFiles': '文字與檔案',
  'export.leftOut': '悄悄話、一次性訊息與限時訊息不在其中。',
  'export.zone': '時間均為 {zone} 時區。',
  'export.safe': '任何拿到此檔案的人都能讀取它。',
  'export.begin': '匯出',
  'export.stop': '停止',
  'export.stopped': '已停止，未儲存任何內容。',
  'export.reading': '已讀取訊息：{done} / {total}',
  'export.readingSome': '已讀取訊息：{done}',
  'export.fetching': '已取得檔案：{done} / {total}',
  'export.fetchingSome': '已取得檔案：{done}',
  'export.done': '{n} 則訊息已儲存為 {name}',
  'export.partial': '當時沒有連線：其中只有保存在此裝置上的內容。',
  'export.head': '與 {name} 的聊天（{chat}）',
  'export.by': '{name} 於 {time} 匯出',
} satisfies Same<typeof en>;
