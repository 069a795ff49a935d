import type { Text } from '../text.ts';

export default {
  'search.title': 'Search',
  'search.hint': 'People, groups, messages, commands',
  'search.chats': 'Chats',
  'search.people': 'People',
  'search.files': 'Files',
  'search.messages': 'Messages',
  'search.commands': 'Commands',
  'search.none': 'Nothing found',
  'search.noneText': 'Try fewer words, or other ones.',
  'search.results': { one: '1 result', other: '{n} results' },
  'search.inChat': 'Search in this chat',
  'search.searching': 'Searching …',
  'starred.empty': 'Nothing starred yet',
  'starred.emptyText': 'Star what you want to find again.',
} as const satisfies Record<string, Text>;
