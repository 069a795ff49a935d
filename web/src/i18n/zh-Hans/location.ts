import type { Same } from '../text.ts';
import type en from '../en/location.ts';

export default {
  'place.map': '{lat}, {lon} 附近的地图',
  'place.open': '在地图中打开',
  'place.title': '发送位置',
  'place.find': '获取我的位置',
  'place.denied': '位置未获授权。请在地址栏旁开启。',
  'place.lat': '纬度',
  'place.lon': '经度',
  'place.note': '地点说明',
  'place.accuracy': '误差约 {n} 米',
  'place.offline': '在你的设备上绘制，不会透露给任何地图服务。',
} satisfies Same<typeof en>;
