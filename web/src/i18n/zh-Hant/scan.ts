import type { Same } from '../text.ts';
import type en from '../en/scan.ts';

export default {
  'scan.title': '掃描二維碼',
  'scan.other': '掃描另一台裝置的二維碼',
  'scan.help': '可掃描裝置、聯絡人、群組或邀請的二維碼。畫面不會離開此裝置。',
  'scan.denied': '無法使用相機。請選擇二維碼圖片，或輸入連結。',
  'scan.typed': '連結或地址',
  'scan.picture': '選擇圖片',
  'scan.none': '圖片中沒有可辨識的二維碼。',
  'scan.elsewhere': '此二維碼指向其他網站：',
  'scan.text': '二維碼內容：',
  'scan.open': '開啟',
} satisfies Same<typeof en>;
