import type { Text } from '../text.ts';

export default {
  'poll.new': 'New poll',
  'poll.question': 'Question',
  'poll.option': 'Answer {n}',
  'poll.two': 'A poll needs two answers.',
  'poll.multiple': 'Several answers allowed',
  'poll.one': 'Choose one',
  'poll.several': 'Choose one or more',
  'poll.closed': 'The poll has ended',
  'poll.close': 'End the poll',
  'poll.none': 'Nobody has voted yet',
  'poll.voters': { one: '1 person voted', other: '{n} people voted' },
  'poll.votes': { one: '1 vote', other: '{n} votes' },
} as const satisfies Record<string, Text>;
