import type { Text } from '../text.ts';

export default {
  'scan.title': 'Scan a code',
  'scan.other': 'Scan the code of another device',
  'scan.help': 'Of a device, a person, a group or an invitation. The picture stays on this device.',
  'scan.denied': 'The camera is not allowed here, or there is none. Choose a picture of the code, or type its link.',
  'scan.typed': 'Link or address',
  'scan.picture': 'Choose a picture',
  'scan.none': 'There is no code in this picture that can be read.',
  'scan.elsewhere': 'This code leads to another place:',
  'scan.text': 'The code says:',
  'scan.open': 'Open',
} as const satisfies Record<string, Text>;
