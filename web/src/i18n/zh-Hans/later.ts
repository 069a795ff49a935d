import type { Same } from '../text.ts';
import type en from '../en/later.ts';

export default {
  'later.ways': '发送方式',
  'later.hint': '{key} 显示更多方式',
  'later.silent': '静默发送',
  'later.isSilent': '静默',
  'later.tonight': '{time}发送',
  'later.tomorrow': '{time}发送',
  'later.monday': '{time}发送',
  'later.choose': '定时发送…',
  'later.title': '定时发送',
  'later.day': '日期',
  'later.time': '时间',
  'later.at': '将于{time}发送',
  'later.past': '这个时间已过。',
  'later.device': '由此设备发送：届时 Skein 需在此打开并联网，否则将在下次打开并联网时发送。',
  'later.schedule': '确定',
  'later.done': '已定时：{time}',
  'later.waiting': '{n} 条定时消息',
  'later.list': '定时消息',
  'later.none': '没有定时消息',
  'later.now': '立即发送',
  'later.move': '更改时间',
  'later.cancel': '取消发送',
  'later.cancelled': '已取消发送',
  'later.timer': '发送后自动消失…',
} satisfies Same<typeof en>;
