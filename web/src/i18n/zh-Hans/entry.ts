import type { Same } from '../text.ts';
import type en from '../en/entry.ts';

export default {
  'entry.welcome': '很高兴见到你',
  'entry.tagline': '消息必达，数据由你掌握。',
  'entry.signIn': '登录',
  'entry.create': '创建账号',
  'entry.name': '用户名',
  'entry.nameHelp': '可用字母和数字；别人用这个地址联系你。',
  'entry.password': '密码',
  'entry.passwordHelp': '至少 8 个字符，用一句话更好。',
  'entry.show': '显示密码',
  'entry.hide': '隐藏密码',
  'entry.remember': '在此设备上保持登录',
  'entry.invitation': '邀请码',
  'entry.invitationHelp': '在你收到的链接末尾。',
  'entry.invitedBy': '{name} 邀请你加入。',
  'entry.invitationBad': '此邀请已失效，请索取新的邀请。',
  'entry.pendingTitle': '申请已提交',
  'entry.pendingText': '通过后即可登录。',
  'entry.closed': '此服务器的账号由管理者创建。',
  'entry.haveAccount': '我已有账号',
  'entry.noAccount': '我是新用户',
  'entry.language': '语言',
  'entry.empty': '请填写此项。',
  'entry.short': '请至少使用 8 个字符。',
  'entry.at': '位于 {domain}',
} satisfies Same<typeof en>;
