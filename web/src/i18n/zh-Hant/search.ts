import type { Same } from '../text.ts';
import type en from '../en/search.ts';

export default {
  'search.title': '搜尋',
  'search.hint': '聯絡人、群組、訊息、指令',
  'search.chats': '聊天',
  'search.people': '聯絡人',
  'search.files': '檔案',
  'search.messages': '訊息',
  'search.commands': '指令',
  'search.none': '沒有找到結果',
  'search.noneText': '試試更少或其他的詞。',
  'search.results': '{n} 個結果',
  'search.inChat': '在此聊天中搜尋',
  'search.searching': '正在搜尋……',
  'starred.empty': '還沒有加星號的訊息',
  'starred.emptyText': '為想再次找到的訊息加上星號。',
} satisfies Same<typeof en>;
