import type { Same } from '../text.ts';
import type en from '../en/scan.ts';

export default {
  'scan.title': '扫描二维码',
  'scan.other': '扫描另一台设备的二维码',
  'scan.help': '可扫描设备、联系人、群组或邀请的二维码。画面不会离开此设备。',
  'scan.denied': '无法使用摄像头。请选择二维码图片，或输入链接。',
  'scan.typed': '链接或地址',
  'scan.picture': '选择图片',
  'scan.none': '图片中没有可识别的二维码。',
  'scan.elsewhere': '此二维码指向其他网站：',
  'scan.text': '二维码内容：',
  'scan.open': '打开',
} satisfies Same<typeof en>;
