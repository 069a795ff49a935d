import type { Same } from '../text.ts';
import type en from '../en/folders.ts';

export default {
  'folder.title': '資料夾',
  'folder.new': '新增資料夾',
  'folder.edit': '編輯資料夾',
  'folder.name': '名稱',
  'folder.chats': '資料夾中的聊天',
  'folder.none': '還沒有資料夾',
  'folder.noneText': '資料夾是聊天列表上方的分頁，在你的所有裝置上都一樣。',
  'folder.count': { one: '{n} 個聊天', other: '{n} 個聊天' },
  'folder.up': '上移 {name}',
  'folder.down': '下移 {name}',
  'folder.remove': '刪除 {name}',
  'folder.removeAsk': '刪除資料夾 {name}？',
  'folder.removeText': '其中的聊天會保留。',
  'folder.moved': '{name} 現在排第 {n}',
  'folder.add': '資料夾…',
  'folder.of': '{name} 的資料夾',
  'folder.in': '已放入 {name}',
  'folder.out': '已移出 {name}',
} satisfies Same<typeof en>;
