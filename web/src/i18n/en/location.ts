import type { Text } from '../text.ts';

export default {
  'place.map': 'Map around {lat}, {lon}',
  'place.open': 'Open in maps',
  'place.title': 'Send location',
  'place.find': 'Find where I am',
  'place.denied': 'The location is not allowed here. Switch it on beside the address of this page.',
  'place.lat': 'Latitude',
  'place.lon': 'Longitude',
  'place.note': 'What is there',
  'place.accuracy': 'within {n} m',
  'place.offline': 'Drawn on your device; no map service learns of it.',
  'live.how': 'Share where I go',
  'live.not': 'No',
  'live.note': 'It moves only while Skein is open on this screen, and needs some of the battery.',
  'live.sharing': '{name} sees where you are until {time}',
  'live.stop': 'Stop sharing',
  'live.until': 'Live until {time}',
  'live.over': 'Live location ended',
  'live.at': 'told {time}',
} as const satisfies Record<string, Text>;
