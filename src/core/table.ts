import { type LineFault, parseCsv, type Row } from './csv.ts';

/** The columns that a file may have: by their names, what else files call them. */
export type Columns<C extends string> = Readonly<Record<C, readonly string[]>>;

export interface TableRow<C extends string> {
  line: number;
  /** As they stand there, blanks included; of columns that the file hasn't, none. */
  cells: Partial<Record<C, string>>;
}

/** A file of people, tokens or whatever comes, as its header says. */
export interface Table<C extends string> {
  columns: ReadonlySet<C>;
  rows: TableRow<C>[];
  /** Of the header: then no row was read. */
  header: LineFault[];
  /** Of rows that couldn't be read, in order of lines. */
  faults: LineFault[];
}

/**
 * Reads CSV by its header, whose names stand in any order and case, with blanks, hyphens and underscores as they like:
 * `Serial Number` is `serialnumber`. Columns that nobody knows are faults: what they hold would be lost in silence.
 */
export function readTable<C extends string>(text: string, columns: Columns<C>, required: readonly C[] = []): Table<C> {
  const { rows, faults } = parseCsv(text);
  const table: Table<C> = { columns: new Set(), rows: [], header: [], faults: [] };
  const [first, ...rest] = rows;
  if (first === undefined) return { ...table, header: [...faults, { line: 1, message: 'the file is empty' }] };
  const names = namesOf(columns);
  const found = first.fields.map((name) => names.get(plain(name)));
  const header = [...faults.filter(({ line }) => line <= first.line), ...headerFaults(first, found, columns, required)];
  if (header.length > 0) return { ...table, header };
  // Without faults in the header each of its names is known.
  const order = found.flatMap((name) => name ?? []);
  for (const row of rest) {
    if (row.fields.length === order.length) {
      const cells = Object.fromEntries(order.map((name, at) => [name, row.fields[at] ?? '']));
      table.rows.push({ line: row.line, cells: cells as Partial<Record<C, string>> });
    } else {
      const message = `${row.fields.length} fields where the header has ${order.length}`;
      faults.push({ line: row.line, message });
    }
  }
  return { ...table, columns: new Set(order), faults: faults.sort((a, b) => a.line - b.line) };
}

function plain(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/[\s_-]/g, '')
    .toLowerCase();
}

function namesOf<C extends string>(columns: Columns<C>): Map<string, C> {
  const names = new Map<string, C>();
  for (const name of Object.keys(columns) as C[]) {
    for (const called of [name, ...columns[name]]) names.set(plain(called), name);
  }
  return names;
}

function headerFaults<C extends string>(
  { line, fields }: Row,
  found: readonly (C | undefined)[],
  columns: Columns<C>,
  required: readonly C[],
): LineFault[] {
  const unknown = fields.filter((_, at) => found[at] === undefined);
  const twice = found.filter((name, at) => name !== undefined && found.indexOf(name) !== at);
  const known = Object.keys(columns).join(', ');
  const messages = [
    ...unknown.map((name) => `unknown column ${JSON.stringify(name.trim().slice(0, 40))}; known are ${known}`),
    ...[...new Set(twice)].map((name) => `the column ${name} is there twice`),
    ...required.filter((name) => !found.includes(name)).map((name) => `the column ${name} is missing`),
  ];
  return messages.map((message) => ({ line, message }));
}
