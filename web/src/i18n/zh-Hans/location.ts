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
  'live.how': '实时位置',
  'live.not': '不共享',
  'live.note': '仅当 Skein 在屏幕上打开时更新，会消耗一些电量。',
  'live.sharing': '{name} 可看到你的位置，直到 {time}',
  'live.stop': '停止共享',
  'live.until': '实时共享至 {time}',
  'live.over': '实时共享已结束',
  'live.at': '更新于{time}',
} satisfies Same<typeof en>;
