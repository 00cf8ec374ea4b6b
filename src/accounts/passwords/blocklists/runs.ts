/** What fingers do on a keyboard, and what comes next by itself. */
const ROWS = [
  ...['01234567890', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qazwsxedcrfvtgbyhnujmikolp'],
  ...['1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p', '1q2w3e4r5t6y7u8i9o0p', 'q1w2e3r4t5y6u7i8o9p0', '147258369', '159357'],
].flatMap((row) => [row, [...row].reverse().join('')]);

/** The longest run from here on: of one row, or of one character; 0 where it is shorter than `least`. */
export function runAt(text: string, from: number, least: number): number {
  const longest = Math.max(sameAt(text, from), ...ROWS.map((row) => rowAt(text, from, row)));
  return longest >= least ? longest : 0;
}

function sameAt(text: string, from: number): number {
  let end = from;
  while (end < text.length && text[end] === text[from]) end += 1;
  return end - from;
}

function rowAt(text: string, from: number, row: string): number {
  const begin = row.indexOf(text.slice(from, from + 2));
  if (begin < 0 || from + 2 > text.length) return 0;
  let length = 0;
  while (from + length < text.length && text[from + length] === row[begin + length]) length += 1;
  return length;
}

/** Without its runs of `least` characters and more. */
export function withoutRuns(text: string, least: number): string {
  let left = '';
  for (let at = 0; at < text.length; ) {
    const run = runAt(text, at, least);
    if (run === 0) left += text[at];
    at += run || 1;
  }
  return left;
}

/** What is said over and over: `abc` of `abcabcab`; a text that isn't is itself. */
export function repeatedPart(text: string): string {
  for (let length = 1; length <= text.length / 2; length += 1) {
    const part = text.slice(0, length);
    if (part.repeat(Math.ceil(text.length / length)).startsWith(text)) return part;
  }
  return text;
}
