import { csvRows } from '../../core/csv.ts';
import type { Unread } from './things.ts';

/** A line by the names of its columns, as they are spelt in the header without blanks, dashes and capitals. */
export interface Cells {
  line: number;
  cell(name: string): string;
  /** `phone1`, `phone2`, … as far as there are any that hold something: with their number. */
  numbered(name: string): { number: string; value: string }[];
}

const spelt = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

/**
 * Lines of CSV by their header, one after the other. Columns that nobody asks for are passed over: exports have more of
 * them with every year.
 */
export function* cellsOf(text: string, required: readonly string[]): Generator<Cells | Unread> {
  let names: Map<string, number> | undefined;
  for (const row of csvRows(text)) {
    if (!('fields' in row)) {
      yield { line: row.line, fault: row.message };
      if (names === undefined) return;
      continue;
    }
    const { line, fields } = row;
    if (names === undefined) {
      names = new Map(fields.map((name, at) => [spelt(name), at]));
      const missing = required.filter((name) => !names?.has(name));
      if (missing.length === 0) continue;
      yield { line, fault: `the column ${missing.join(', ')} is missing` };
      return;
    }
    if (fields.length !== names.size) {
      yield { line, fault: `${fields.length} fields where the header has ${names.size}` };
      continue;
    }
    yield lineOf(line, fields, names);
  }
  if (names === undefined) yield { line: 1, fault: 'the file is empty' };
}

function lineOf(line: number, fields: readonly string[], names: ReadonlyMap<string, number>): Cells {
  const at = (index: number | undefined): string => (index === undefined ? '' : (fields[index] ?? '').trim());
  return {
    line,
    cell: (name) => at(names.get(name)),
    numbered: (name) =>
      [...names].flatMap(([column, index]) => {
        const number = column.startsWith(name) ? column.slice(name.length) : 'x';
        const value = at(index);
        return /^\d{1,2}$/.test(number) && value !== '' ? [{ number, value }] : [];
      }),
  };
}
