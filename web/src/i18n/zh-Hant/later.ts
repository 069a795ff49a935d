import type { Same } from '../text.ts';
import type en from '../en/later.ts';

export default {
  'later.ways': '傳送方式',
  'later.hint': '{key} 顯示更多方式',
  'later.silent': '靜音傳送',
  'later.isSilent': '靜音',
  'later.tonight': '{time}傳送',
  'later.tomorrow': '{time}傳送',
  'later.monday': '{time}傳送',
  'later.choose': '排程傳送…',
  'later.title': '排程傳送',
  'later.day': '日期',
  'later.time': '時間',
  'later.at': '將於{time}傳送',
  'later.past': '這個時間已過。',
  'later.device': '由此裝置傳送：屆時 Skein 需在此開啟並連線，否則將在下次開啟並連線時傳送。',
  'later.schedule': '確定',
  'later.done': '已排程：{time}',
  'later.waiting': '{n} 則排程訊息',
  'later.list': '排程訊息',
  'later.none': '沒有排程訊息',
  'later.now': '立即傳送',
  'later.move': '更改時間',
  'later.cancel': '取消傳送',
  'later.cancelled': '已取消傳送',
  'later.timer': '傳送後自動消失…',
} satisfies Same<typeof en>;
