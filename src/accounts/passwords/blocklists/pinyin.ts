/** Syllables of Mandarin without tones, as they are typed; `v` and `u` for ü. By what they begin with. */
const FINALS: Readonly<Record<string, string>> = {
  '': 'a ai an ang ao e ei en eng er o ou wa wai wan wang wei wen weng wo wu ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun',
  b: 'a ai an ang ao ei en eng i ian iao ie in ing o u',
  p: 'a ai an ang ao ei en eng i ian iao ie in ing o ou u',
  m: 'a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u',
  f: 'a an ang ei en eng o ou u',
  d: 'a ai an ang ao e ei en eng i ian iao ie ing iu ong ou u uan ui un uo',
  t: 'a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo',
  n: 'a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan uo v ve ue',
  l: 'a ai an ang ao e ei eng i ia ian iang iao ie in ing iu ong ou u uan un uo v ve ue',
  g: 'a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo',
  k: 'a ai an ang ao e en eng ong ou u ua uai uan uang ui un uo',
  h: 'a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo',
  j: 'i ia ian iang iao ie in ing iong iu u uan ue un',
  q: 'i ia ian iang iao ie in ing iong iu u uan ue un',
  x: 'i ia ian iang iao ie in ing iong iu u uan ue un',
  zh: 'a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo',
  ch: 'a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo',
  sh: 'a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo',
  r: 'an ang ao e en eng i ong ou u uan ui un uo',
  z: 'a ai an ang ao e ei en eng i ong ou u uan ui un uo',
  c: 'a ai an ang ao e en eng i ong ou u uan ui un uo',
  s: 'a ai an ang ao e en eng i ong ou u uan ui un uo',
};

const SYLLABLES: ReadonlySet<string> = new Set(
  Object.entries(FINALS).flatMap(([initial, finals]) => finals.split(' ').map((final) => initial + final)),
);

/** Of nine in ten people, as written on the mainland, in Taiwan and in Hong Kong. */
const SURNAMES: readonly string[] = [
  'wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang',
  'deng han feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lv lu ding ren yao shen zhong',
  'cui tan wan fan jin shi liao jia xia fu fang zou xiong bai meng qin qiu hou yin xue yan lei long tao hao gu mao',
  'gong shao dai mo kong xiang chang ouyang situ shangguan zhuge',
  'chan wong cheung lam leung lee lau ho ng chow yeung tsang tse chu kwok lai fung tang yip mak tsui kwan',
  'huang hsu hsieh chang tsai cheng chiu kuo chou tseng hsiao chien chuang chiang',
].flatMap((line) => line.split(' '));

const LONGEST_SYLLABLE = 6;

function syllablesFrom(text: string, from: number): number[] {
  const lengths = Array.from({ length: LONGEST_SYLLABLE }, (_, at) => at + 1);
  return lengths.filter((length) => from + length <= text.length && SYLLABLES.has(text.slice(from, from + length)));
}

/** Where a name that begins here may end: a surname, and one or two syllables. */
export function nameEnds(text: string, from: number): number[] {
  const surnames = SURNAMES.filter((name) => text.startsWith(name, from));
  const given = surnames.flatMap((name) => {
    const first = syllablesFrom(text, from + name.length).map((length) => from + name.length + length);
    return [...first, ...first.flatMap((end) => syllablesFrom(text, end).map((length) => end + length))];
  });
  return [...new Set(given)];
}
