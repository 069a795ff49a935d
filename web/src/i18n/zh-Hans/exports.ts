import type { Same } from '../text.ts';
import type en from '../en/exports.ts';

export default {
  'export.title': '导出聊天',
  'export.text': '与 {name} 的聊天将作为文件保存到此设备。',
  'export.what': '文件内容',
  'export.textOnly': '文字',
  'export.withFiles': '文字和文件',
  'export.leftOut': '悄悄话、一次性消息和限时消息不在其中。',
  'export.zone': '时间均为 {zone} 时区。',
  'export.safe': '任何拿到此文件的人都能读取它。',
  'export.begin': '导出',
  'export.stop': '停止',
  'export.stopped': '已停止，未保存任何内容。',
  'export.reading': '已读取消息：{done} / {total}',
  'export.readingSome': '已读取消息：{done}',
  'export.fetching': '已获取文件：{done} / {total}',
  'export.fetchingSome': '已获取文件：{done}',
  'export.done': '{n} 条消息已保存为 {name}',
  'export.partial': '当时没有连接：其中只有保存在此设备上的内容。',
  'export.head': '与 {name} 的聊天（{chat}）',
  'export.by': '{name} 于 {time} 导出',
} satisfies Same<typeof en>;
