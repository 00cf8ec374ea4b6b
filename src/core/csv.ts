/** A row with the number of the line on which it begins. */
export interface Row {
  line: number;
  fields: string[];
}

/** What is wrong, and in which line. */
export interface LineFault {
  line: number;
  message: string;
}

export type Separator = ',' | ';' | '\t';

/** One field and what ends it: the separator, a line's end, or the text's. Quoted fields may hold all of these. */
const FIELD: Readonly<Record<Separator, RegExp>> = {
  ',': /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y,
  ';': /(?:"([^"]*(?:""[^"]*)*)"|([^";\r\n]*))(;|\r\n|\n|\r|$)/y,
  '\t': /(?:"([^"]*(?:""[^"]*)*)"|([^"\t\r\n]*))(\t|\r\n|\n|\r|$)/y,
};

/** From a faulty place, the rest of the line. */
const REST = /[^\r\n]*(?:\r\n|\n|\r|$)/y;

/** First line of a file that says what separates its fields, as Excel reads and writes it. */
const SEP = /^\uFEFF?"?sep=([,;\t])"?(?:\r\n|\n|\r|$)/i;

function linesIn(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

/** What `sep=` says, or else what stands in the first line: Excel writes a semicolon where the comma is a decimal's. */
function separatorOf(text: string): Separator {
  const said = SEP.exec(text)?.[1];
  if (said !== undefined) return said as Separator;
  const [first = ''] = text.split(/\r\n|\n|\r/, 1);
  const plain = first.replaceAll(/"[^"]*"/g, '');
  if (plain.includes(',')) return ',';
  return plain.includes('\t') ? '\t' : plain.includes(';') ? ';' : ',';
}

/** All rows of `csvRows`, and what is wrong with the others. */
export function parseCsv(text: string, separator?: Separator): { rows: Row[]; faults: LineFault[] } {
  const rows: Row[] = [];
  const faults: LineFault[] = [];
  for (const one of csvRows(text, separator)) {
    if ('fields' in one) rows.push(one);
    else faults.push(one);
  }
  return { rows, faults };
}

/**
 * Comma-separated values (RFC 4180), with any line ending, a byte order mark, a line `sep=`, and semicolons or tabs
 * in the place of commas, one row after the other. Empty lines are skipped, faulty ones reported and the rest read all
 * the same.
 */
export function* csvRows(text: string, separator: Separator = separatorOf(text)): Generator<Row | LineFault> {
  const said = SEP.exec(text)?.[0] ?? '';
  let at = said.length || (text.startsWith('\uFEFF') ? 1 : 0);
  let line = 1 + linesIn(said);
  let row: Row | undefined;
  const field = FIELD[separator];
  while (at < text.length || row) {
    row ??= { line, fields: [] };
    field.lastIndex = at;
    const match = field.exec(text);
    if (!match) {
      yield { line, message: 'a quotation mark is out of place or never closed' };
      REST.lastIndex = at;
      const rest = REST.exec(text)?.[0] ?? '';
      at += rest.length;
      line += linesIn(rest);
      row = undefined;
      continue;
    }
    const [whole, quoted, plain = '', end] = match;
    at += whole.length;
    line += linesIn(whole);
    row.fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === separator) continue;
    const empty = row.fields.length === 1 && quoted === undefined && plain === '';
    if (!empty) yield row;
    row = undefined;
  }
}
