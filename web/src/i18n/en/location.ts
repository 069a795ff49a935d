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
} as const satisfies Record<string, Text>;
