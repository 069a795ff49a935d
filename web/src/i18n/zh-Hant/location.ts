import type { Same } from '../text.ts';
import type en from '../en/location.ts';

export default {
  'place.map': '{lat}, {lon} 附近的地圖',
  'place.open': '在地圖中開啟',
  'place.title': '傳送位置',
  'place.find': '取得我的位置',
  'place.denied': '位置未獲授權。請在網址列旁開啟。',
  'place.lat': '緯度',
  'place.lon': '經度',
  'place.note': '地點說明',
  'place.accuracy': '誤差約 {n} 公尺',
  'place.offline': '在你的裝置上繪製，不會透露給任何地圖服務。',
  'live.how': '即時位置',
  'live.not': '不分享',
  'live.note': '僅當 Skein 在畫面上開啟時更新，會消耗一些電量。',
  'live.sharing': '{name} 可看到你的位置，直到 {time}',
  'live.stop': '停止分享',
  'live.until': '即時分享至 {time}',
  'live.over': '即時分享已結束',
  'live.at': '更新於{time}',
} satisfies Same<typeof en>;
