import type { Text } from '../text.ts';

export default {
  'folder.title': 'Folders',
  'folder.new': 'New folder',
  'folder.edit': 'Edit folder',
  'folder.name': 'Name',
  'folder.chats': 'Chats in the folder',
  'folder.none': 'No folders yet',
  'folder.noneText': 'A folder is a tab above your chats, on all your devices.',
  'folder.count': { one: '1 chat', other: '{n} chats' },
  'folder.up': 'Move {name} up',
  'folder.down': 'Move {name} down',
  'folder.remove': 'Remove {name}',
  'folder.removeAsk': 'Remove the folder {name}?',
  'folder.removeText': 'Its chats stay.',
  'folder.moved': '{name} is number {n} now',
  'folder.add': 'Folders …',
  'folder.of': 'Folders of {name}',
  'folder.in': 'Put into {name}',
  'folder.out': 'Taken out of {name}',
} as const satisfies Record<string, Text>;
