/** East Asian wide and fullwidth characters (Unicode UAX #11), and emoji, take two cells of a terminal. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
/** Halfwidth forms belong to wide scripts. */
const HALFWIDTH = /[\uff61-\uffdc]/u;
/** Control and bidirectional characters in a name could rewrite what the terminal shows. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Cells that text takes in a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) && !HALFWIDTH.test(segment) ? 2 : 1;
  return width;
}

/** Rows as lines, each column as wide as its widest cell, two spaces between; no line ends in a space. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map((cell) => cell.replace(UNSAFE, '\ufffd')));
  const widths: number[] = [];
  for (const row of clean) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  }
  return clean.map((row) => {
    const padded = row.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - widthOf(cell)));
    return padded.join('  ').trimEnd();
  });
}
