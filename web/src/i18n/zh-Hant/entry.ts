import type { Same } from '../text.ts';
import type en from '../en/entry.ts';

export default {
  'entry.welcome': '很高興見到你',
  'entry.tagline': '訊息必達，資料由你掌握。',
  'entry.signIn': '登入',
  'entry.create': '建立帳號',
  'entry.name': '使用者名稱',
  'entry.nameHelp': '可用字母和數字；別人用這個地址聯絡你。',
  'entry.password': '密碼',
  'entry.passwordHelp': '至少 8 個字元，用一句話更好。',
  'entry.show': '顯示密碼',
  'entry.hide': '隱藏密碼',
  'entry.remember': '在此裝置上保持登入',
  'entry.invitation': '邀請碼',
  'entry.invitationHelp': '在你收到的連結末尾。',
  'entry.invitedBy': '{name} 邀請你加入。',
  'entry.invitationBad': '此邀請已失效，請索取新的邀請。',
  'entry.pendingTitle': '申請已送出',
  'entry.pendingText': '核准後即可登入。',
  'entry.closed': '此伺服器的帳號由管理者建立。',
  'entry.haveAccount': '我已有帳號',
  'entry.noAccount': '我是新使用者',
  'entry.language': '語言',
  'entry.empty': '請填寫此項。',
  'entry.short': '請至少使用 8 個字元。',
  'entry.at': '位於 {domain}',
} satisfies Same<typeof en>;
