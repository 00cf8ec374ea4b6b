import { bare } from '../words.ts';
import { nameEnds } from './pinyin.ts';
import { runAt } from './runs.ts';

/** What sounds like something: 520 like "I love you", 1314 like "all my life". Longer ones first. */
const NUMBERS = [
  ...['5201314', '1314520', '1314521', '5211314', '52013145201314', '7758521', '7758258', '3344520', '3344521'],
  ...['20184', '1314', '2013', '520', '521', '530', '168', '668', '518', '886', '996', '9420', '94', '88', '66'],
];

const PHRASES = [
  ...['woaini', 'woainizhongguo', 'woaiwojia', 'woaiwo', 'aini', 'iloveyou', 'loveyou', 'love', 'nishiwode'],
  ...[
    'zhongguo',
    'zhonghua',
    'nihao',
    'mima',
    'wodemima',
    'meimima',
    'wangjimima',
    'laopo',
    'laogong',
    'baobao',
    'baobei',
  ],
  ...[
    'mama',
    'baba',
    'jiayou',
    'kaixin',
    'xingfu',
    'yongyuan',
    'shengri',
    'kuaile',
    'shengrikuaile',
    'daxue',
    'xuexiao',
  ],
  ...['woshishui', 'buzhidao', 'meiyou', 'tiantian', 'xiaoming', 'caonima', 'fuck', 'qq', 'weixin', 'admin', 'abc'],
  // As it comes from a keyboard with Zhuyin: 我的密碼, 我愛你, 你好, 密碼, 愛你.
  ...['ji32k7au4a83', 'ji394su3', 'su3cl3', 'au4a83', '94su3'],
  ...[
    '我愛你',
    '我爱你',
    '愛你',
    '爱你',
    '密碼',
    '密码',
    '我的密碼',
    '我的密码',
    '你好',
    '中國',
    '中国',
    '台灣',
    '香港',
  ],
  ...[
    '一生一世',
    '生日快樂',
    '生日快乐',
    '老婆',
    '老公',
    '寶貝',
    '宝贝',
    '永遠',
    '永远',
    '幸福',
    '天天開心',
    '天天开心',
  ],
];

const MONTH = '(?:0[1-9]|1[0-2])';
const DAY = '(?:0[1-9]|[12][0-9]|3[01])';
/** Of a year, and of birthdays; mobile numbers of the mainland, of Taiwan and of Hong Kong; identity card (GB 11643). */
const FORMS = [
  `(?:19|20)[0-9]{2}${MONTH}${DAY}`,
  `[0-9]{2}${MONTH}${DAY}`,
  `${MONTH}${DAY}`,
  '(?:19|20)[0-9]{2}',
  '1[3-9][0-9]{9}',
  '09[0-9]{8}',
  '[569][0-9]{7}',
  `[1-9][0-9]{5}(?:19|20)[0-9]{2}${MONTH}${DAY}[0-9]{3}[0-9x]`,
].map((form) => new RegExp(form, 'y'));

const MOST_PARTS = 5;
const MOST_NAMES = 2;
/** Longer ones than five of these can be. */
const LONGEST = 72;

/** How many parts may still come, how many of them names, and whether a bare initial was used. */
interface Left {
  parts: number;
  names: number;
  initials: boolean;
}

/**
 * Whether it is nothing but what people who write Chinese choose: names in pinyin or their initials, birthdays, phone
 * numbers, 520 and 1314, woaini, five of them at most. A sentence in pinyin isn't.
 */
export function isHabit(password: string): boolean {
  const text = bare(password);
  if (text === '' || text.length > LONGEST) return false;
  return covers({ text, failed: new Set() }, 0, { parts: MOST_PARTS, names: MOST_NAMES, initials: true });
}

/** `failed`: from where it is known that nothing leads on, so that no text takes long. */
interface Search {
  text: string;
  failed: Set<string>;
}

function covers(search: Search, from: number, left: Left): boolean {
  if (from === search.text.length) return true;
  const here = `${from} ${left.parts} ${left.names} ${left.initials}`;
  if (left.parts === 0 || search.failed.has(here)) return false;
  const found = ways(search.text, from, left).some(([end, rest]) => covers(search, end, rest));
  if (!found) search.failed.add(here);
  return found;
}

/** Where the part that begins here may end, and what may come then. */
function ways(text: string, from: number, left: Left): [end: number, left: Left][] {
  const next = { ...left, parts: left.parts - 1 };
  const names = left.names > 0 ? nameEnds(text, from) : [];
  const initials = left.initials ? initialsAt(text, from) : '';
  return [
    ...plainEnds(text, from).map((end): [number, Left] => [end, next]),
    ...names.map((end): [number, Left] => [end, { ...next, names: left.names - 1 }]),
    ...[...initials].map((_, at): [number, Left] => [from + at + 1, { ...next, initials: false }]),
  ];
}

/** Beside a number alone: elsewhere they would be any text. */
function initialsAt(text: string, from: number): string {
  const [initials = ''] = /^[a-z]{1,3}(?=[0-9])/.exec(text.slice(from)) ?? [];
  if (initials !== '') return initials;
  return /[0-9]$/.test(text.slice(0, from)) ? (/^[a-z]{1,3}/.exec(text.slice(from))?.[0] ?? '') : '';
}

/** Where whatever isn't a name may end that begins here. */
function plainEnds(text: string, from: number): number[] {
  const words = [...NUMBERS, ...PHRASES]
    .filter((word) => text.startsWith(word, from))
    .map((word) => from + word.length);
  const forms = FORMS.flatMap((form) => {
    form.lastIndex = from;
    return form.test(text) ? [form.lastIndex] : [];
  });
  const run = runAt(text, from, 3);
  return [...new Set([...words, ...forms, ...(run > 0 ? [from + run] : [])])];
}
