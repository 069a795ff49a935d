import type { Same } from '../text.ts';
import type en from '../en/polls.ts';

export default {
  'poll.new': '新投票',
  'poll.question': '问题',
  'poll.option': '选项 {n}',
  'poll.two': '投票至少需要两个选项。',
  'poll.multiple': '允许多选',
  'poll.one': '单选',
  'poll.several': '可多选',
  'poll.closed': '投票已结束',
  'poll.close': '结束投票',
  'poll.none': '还没有人投票',
  'poll.voters': { one: '{n} 人已投票', other: '{n} 人已投票' },
  'poll.votes': { one: '{n} 票', other: '{n} 票' },
} satisfies Same<typeof en>;
