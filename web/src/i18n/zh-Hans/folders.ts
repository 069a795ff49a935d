import type { Same } from '../text.ts';
import type en from '../en/folders.ts';

export default {
  'folder.title': '文件夹',
  'folder.new': '新建文件夹',
  'folder.edit': '编辑文件夹',
  'folder.name': '名称',
  'folder.chats': '文件夹中的聊天',
  'folder.none': '还没有文件夹',
  'folder.noneText': '文件夹是聊天列表上方的标签，在你的所有设备上都一样。',
  'folder.count': { one: '{n} 个聊天', other: '{n} 个聊天' },
  'folder.up': '上移 {name}',
  'folder.down': '下移 {name}',
  'folder.remove': '删除 {name}',
  'folder.removeAsk': '删除文件夹 {name}？',
  'folder.removeText': '其中的聊天会保留。',
  'folder.moved': '{name} 现在排第 {n}',
  'folder.add': '文件夹…',
  'folder.of': '{name} 的文件夹',
  'folder.in': '已放入 {name}',
  'folder.out': '已移出 {name}',
} satisfies Same<typeof en>;
