/** A row with the number of the line on which it begins. */
export interface Row {
  line: number;
  fields: string[];
}

export interface Fault {
  line: number;
  message: string;
}

/** One field and what ends it: a comma, a line's end, or the text's. Quoted fields may hold all of these. */
const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/** From a faulty place, the rest of the line. */
const REST = /[^\r\n]*(?:\r\n|\n|\r|$)/y;

function linesIn(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

/**
 * Comma-separated values (RFC 4180), with any line ending and a byte order mark. Empty lines are skipped,
 * faulty ones reported and the rest read all the same.
 */
export function parseCsv(text: string): { rows: Row[]; faults: Fault[] } {
  const rows: Row[] = [];
  const faults: Fault[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  let row: Row | undefined;
  while (at < text.length || row) {
    row ??= { line, fields: [] };
    FIELD.lastIndex = at;
    const match = FIELD.exec(text);
    if (!match) {
      faults.push({ line, message: 'a quotation mark is out of place or never closed' });
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
    if (end === ',') continue;
    const empty = row.fields.length === 1 && quoted === undefined && plain === '';
    if (!empty) rows.push(row);
    row = undefined;
  }
  return { rows, faults };
}
