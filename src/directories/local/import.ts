import type { ZodError } from 'zod';
import { type Fault, parseCsv, type Row } from './csv.ts';
import type { LocalDirectory } from './directory.ts';
import { isAcceptable } from './hasher.ts';
import { passwordFault } from './passwords.ts';
import { type Details, details, lookupOf } from './person.ts';

const COLUMNS = ['username', 'name', 'email', 'groups', 'password', 'passwordHash'] as const;
type Column = (typeof COLUMNS)[number];
type Cells = Partial<Record<Column, string>>;

/** What one row asks for; `key` where the person exists and is to be changed. */
export interface Entry {
  line: number;
  key?: string;
  username: string;
  change: Partial<Omit<Details, 'username'>>;
  password?: string;
  passwordHash?: string;
}

export interface Plan {
  entries: Entry[];
  /** In order of lines. If there are any, nothing may be imported. */
  faults: Fault[];
}

const partial = details.partial({ name: true, groups: true });

/** The messages of a schema's faults, one each. */
export function messagesOf(error: ZodError): string[] {
  return [...new Set(error.issues.map(({ message }) => message))];
}

function headerFaults({ line, fields }: Row): Fault[] {
  const known: readonly string[] = COLUMNS;
  const messages = fields
    .filter((name) => !known.includes(name))
    .map((name) => `unknown column ${JSON.stringify(name)}`);
  const twice = fields.filter((name, at) => fields.indexOf(name) !== at);
  messages.push(...twice.map((name) => `column ${JSON.stringify(name)} appears twice`));
  if (!fields.includes('username')) messages.push('the column username is missing');
  return messages.map((message) => ({ line, message }));
}

function cellsOf(header: readonly string[], row: Row): Cells {
  return Object.fromEntries(header.map((name, at) => [name, row.fields[at] ?? '']));
}

/** Columns that are absent stay as they are; an empty mail address or list of groups clears it. */
function changeOf({ name, email, groups }: Cells): Record<string, unknown> {
  return {
    ...(name?.trim() && { name }),
    ...(email !== undefined && { email: email.trim() === '' ? undefined : email }),
    ...(groups !== undefined && { groups: groups.split(/[;|]/).filter((group) => group.trim() !== '') }),
  };
}

function secretFaults({ password, passwordHash }: Cells): string[] {
  if (password && passwordHash) return ['both password and passwordHash are given'];
  if (passwordHash && !isAcceptable(passwordHash)) {
    return ['passwordHash isn’t an argon2id hash in PHC format, or its parameters are out of bounds'];
  }
  const fault = password ? passwordFault(password) : undefined;
  return fault === undefined ? [] : [fault];
}

/** Reads one row: what it asks for, and everything that is wrong with it. */
function readRow(header: readonly string[], row: Row): { entry?: Entry; messages: string[] } {
  if (row.fields.length !== header.length) {
    return { messages: [`${row.fields.length} fields where the header has ${header.length}`] };
  }
  const cells = cellsOf(header, row);
  const messages = secretFaults(cells);
  const parsed = partial.safeParse({ username: cells.username, ...changeOf(cells) });
  if (!parsed.success) return { messages: [...messagesOf(parsed.error), ...messages] };
  const { username, ...change } = parsed.data;
  const { password, passwordHash } = cells;
  const entry = {
    line: row.line,
    username,
    change,
    ...(password && { password }),
    ...(passwordHash && { passwordHash }),
  };
  return { entry, messages };
}

/** Reads a CSV file against the people there are, without changing anything. */
export async function planImport(text: string, directory: LocalDirectory, update: boolean): Promise<Plan> {
  const { rows, faults } = parseCsv(text);
  const [first, ...rest] = rows;
  if (!first) return { entries: [], faults: [...faults, { line: 1, message: 'the file is empty' }] };
  const header: Row = { line: first.line, fields: first.fields.map((name) => name.trim()) };
  faults.push(...headerFaults(header));
  if (faults.some(({ line }) => line <= header.line)) return { entries: [], faults };
  const entries: Entry[] = [];
  const lines = new Map<string, number>();
  for (const row of rest) {
    const { entry, messages } = readRow(header.fields, row);
    if (entry) {
      const lookup = lookupOf(entry.username) ?? '';
      const before = lines.get(lookup);
      if (before === undefined) lines.set(lookup, row.line);
      else messages.push(`the user name is the same as in line ${before}`);
      const key = (await directory.find(entry.username))?.key;
      if (key !== undefined && !update) messages.push('the user name exists already (--update changes it)');
      entries.push({ ...entry, ...(key !== undefined && { key }) });
    }
    faults.push(...messages.map((message) => ({ line: row.line, message })));
  }
  return { entries, faults: faults.sort((a, b) => a.line - b.line) };
}
