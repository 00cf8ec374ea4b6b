/** Questions that need no words of one's own: texts `questions.given.*`. */
export const GIVEN_QUESTIONS = [
  'teacher',
  'friend',
  'hiding-place',
  'book',
  'dish',
  'concert',
  'journey',
  'lost',
  'nickname',
  'wish',
] as const;
export type GivenQuestion = (typeof GIVEN_QUESTIONS)[number];

/** One as its owner chose it: of the given list, or in their own words. */
export type Asking = { given: GivenQuestion } | { own: string };

export interface Typed {
  question: Asking;
  answer: string;
}

export type AnswerFault = 'question' | 'twice' | 'length' | 'same' | 'told';

/** Code points of an answer, once it is normal, and of a question in somebody's own words. */
const ANSWER = { least: 2, most: 100 } as const;
const QUESTION = { least: 5, most: 150 } as const;
/** UTF-16 code units that are looked at. */
const LONGEST = 1_000;

/**
 * An answer as it is compared: in the compatible form (NFKC), without case, and with single blanks. Upper case comes
 * first: it makes one of spellings that lower case keeps apart, as `ß` and `ss`.
 */
export const normalAnswer = (typed: string): string =>
  typed
    .slice(0, LONGEST)
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .trim();

/** The words of an own question, on one line. */
export const normalQuestion = (typed: string): string =>
  typed
    .slice(0, LONGEST)
    .normalize('NFC')
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim();

const isWithin = (text: string, { least, most }: { least: number; most: number }): boolean => {
  const length = [...text].length;
  return length >= least && length <= most;
};

const wordsOf = (question: Asking): string => ('own' in question ? normalAnswer(question.own) : question.given);

/** What is wrong with the first that can't be kept, and which that is; `known`: what others know of the person. */
export function faultOf(
  all: readonly Typed[],
  known: readonly string[],
): { at: number; fault: AnswerFault } | undefined {
  const answers = all.map(({ answer }) => normalAnswer(answer));
  const words = all.map(({ question }) => wordsOf(question));
  const told = new Set(known.map(normalAnswer));
  for (const [at, { question }] of all.entries()) {
    const [answer, asked] = [answers[at] as string, words[at] as string];
    if ('own' in question && !isWithin(question.own, QUESTION)) return { at, fault: 'question' };
    if (words.indexOf(asked) < at) return { at, fault: 'twice' };
    if (!isWithin(answer, ANSWER)) return { at, fault: 'length' };
    // Whoever knows one would know two.
    if (answers.indexOf(answer) < at) return { at, fault: 'same' };
    if (told.has(answer) || ('own' in question && asked.includes(answer))) return { at, fault: 'told' };
  }
  return undefined;
}
