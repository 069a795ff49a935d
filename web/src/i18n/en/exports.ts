import type { Text } from '../text.ts';

export default {
  'export.title': 'Export chat',
  'export.text': 'The chat with {name} is saved as a file on this device.',
  'export.what': 'What goes into the file',
  'export.textOnly': 'Text',
  'export.withFiles': 'Text and files',
  'export.leftOut': 'Whispers, messages for one look and messages that vanish are not in it.',
  'export.zone': 'Times are those of {zone}.',
  'export.safe': 'Whoever has the file can read it.',
  'export.begin': 'Export',
  'export.stop': 'Stop',
  'export.stopped': 'Stopped. Nothing was saved.',
  'export.reading': 'Messages read: {done} of {total}',
  'export.readingSome': 'Messages read: {done}',
  'export.fetching': 'Files fetched: {done} of {total}',
  'export.fetchingSome': 'Files fetched: {done}',
  'export.done': { one: '1 message saved as {name}', other: '{n} messages saved as {name}' },
  'export.partial': 'There was no connection: only what was kept on this device is in it.',
  'export.head': 'Chat with {name} ({chat})',
  'export.by': 'Exported {time} by {name}',
} as const satisfies Record<string, Text>;
