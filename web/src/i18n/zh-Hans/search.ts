import type { Same } from '../text.ts';
import type en from '../en/search.ts';

export default {
  'search.title': '搜索',
  'search.hint': '联系人、群组、消息、命令',
  'search.chats': '聊天',
  'search.people': '联系人',
  'search.files': '文件',
  'search.messages': '消息',
  'search.commands': '命令',
  'search.none': '没有找到结果',
  'search.noneText': '试试更少或其他的词。',
  'search.results': '{n} 个结果',
  'search.inChat': '在此聊天中搜索',
  'search.searching': '正在搜索……',
  'starred.empty': '还没有星标消息',
  'starred.emptyText': '为想再次找到的消息加上星标。',
} satisfies Same<typeof en>;
