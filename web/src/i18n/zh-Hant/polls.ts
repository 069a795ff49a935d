import type { Same } from '../text.ts';
import type en from '../en/polls.ts';

export default {
  'poll.new': '新投票',
  'poll.question': '問題',
  'poll.option': '選項 {n}',
  'poll.two': '投票至少需要兩個選項。',
  'poll.multiple': '允許複選',
  'poll.one': '單選',
  'poll.several': '可複選',
  'poll.closed': '投票已結束',
  'poll.close': '結束投票',
  'poll.none': '還沒有人投票',
  'poll.voters': { one: '{n} 人已投票', other: '{n} 人已投票' },
  'poll.votes': { one: '{n} 票', other: '{n} 票' },
} satisfies Same<typeof en>;
